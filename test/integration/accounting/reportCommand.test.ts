import { beforeAll, describe, expect, it } from 'vitest';
import { cumulativeStore } from '../../../pipelines/accounting/cumulativeStore.ts';
import { cumulativeRoute } from '../../../pipelines/accounting/report.routes.ts';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import { say, type Said } from '../../commandLine/aPlace.ts';
import { anApi, type AnApi } from '../console/anApi.ts';

const asOf = new Date('2026-01-02T00:00:00Z');
let api: AnApi;

beforeAll(async () => {
  api = await anApi((database) => bindRoutes([cumulativeRoute], { cumulatives: cumulativeStore(database, () => asOf) }));
  await api.database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
    VALUES ('2025-10-02', 1234567.5), ('2025-10-02', -0.25), ('2025-10-03', 98765432109876543210)`);
});

const column = ['--column', 'manual_cancel_amount'];
const from = ['--from', '2025-07-01'];
const show = ['--show', '2025-10-01..2025-10-04'];

async function report(...words: readonly string[]): Promise<Said> {
  return say(['report', 'cumulative', ...words], { WEIR_ADMIN_URL: api.url, WEIR_TOKEN: api.tokens.viewer });
}

describe('weir report cumulative', () => {
  it('prints a table whose numbers stand on the right, under what they are', async () => {
    expect(await report(...column, ...from, ...show)).toEqual({
      exitCode: 0,
      errors: '',
      output: [
        'report.cumulative',
        '─────────────────  ───────────────────────',
        'column             manual_cancel_amount',
        'from               2025-07-01',
        'show               2025-10-01..2025-10-04',
        'asOf               2026-01-02 00:00:00 UTC',
        '',
        'days:',
        'day                          totalDecimal',
        '──────────  ─────────────────────────────',
        '2025-10-01                              –',
        '2025-10-02                   1,234,567.25',
        '2025-10-03  98,765,432,109,877,777,777.25',
        '2025-10-04  98,765,432,109,877,777,777.25',
        '',
      ].join('\n'),
    });
  });

  it('prints CSV, JSON with null where there is none, and a chart', async () => {
    const csv = await report(...column, ...from, ...show, '--format', 'csv');
    expect(csv.output).toBe(
      [
        'day,manual_cancel_amount',
        '2025-10-01,',
        '2025-10-02,1234567.25',
        '2025-10-03,98765432109877777777.25',
        '2025-10-04,98765432109877777777.25',
        '',
      ].join('\r\n'),
    );
    const json = await report(...column, ...from, ...show, '--format', 'json');
    expect(JSON.parse(json.output)).toMatchObject({
      ...{ column: 'manual_cancel_amount', from: '2025-07-01', show: '2025-10-01..2025-10-04', asOf: asOf.toISOString() },
      days: [
        { day: '2025-10-01', totalDecimal: null },
        { day: '2025-10-02', totalDecimal: '1234567.25' },
        { totalDecimal: '98765432109877777777.25' },
        { totalDecimal: '98765432109877777777.25' },
      ],
    });
    expect(await report(...column, ...from, ...show, '--json')).toEqual(json);
    expect((await report(...column, ...from, ...show, '--format', 'table')).output).toMatch(/^report\.cumulative\n/);
    const svg = await report(...column, ...from, ...show, '--format', 'svg');
    expect(svg).toEqual({ exitCode: 0, errors: '', output: expect.stringMatching(/^<svg [\s\S]*<\/svg>\n$/) as string });
  });

  it.each([
    [[...from, ...show], "error: required option '--column <column>' not specified"],
    [[...column, '--from', '2025-02-29', ...show], '--from: expected a date as 2025-07-01'],
    [[...column, '--from', 'yesterday', ...show], '--from: expected a date as 2025-07-01'],
    [[...column, ...from, '--show', '2025-10-01-2025-10-04'], '--show: expected two dates as 2025-10-01..2025-12-31, or one'],
    [[...column, ...from, '--show', '2025-12-31..2025-10-01'], '--show: expected the earlier day first, as 2025-10-01..2025-12-31'],
    [
      [...column, ...from, '--show', '2025-06-30..2025-07-01'],
      '--show: expected to begin on 2025-07-01, where the sum begins (--from), or later; got 2025-06-30',
    ],
    [
      [...column, '--from', '2000-01-01', '--show', '2000-01-01..2025-01-01'],
      '--show: expected 3660 days (ten years) at most, since an answer is held in memory whole; got 9133',
    ],
    [
      ['--column', 'report_day', ...from, ...show],
      '--column: expected a numeric column of statistics.daily_accounting_statistics, one of payment_count, payment_amount, cancel_count, ' +
        'cancel_amount, manual_cancel_count, manual_cancel_amount, refund_amount, fee_amount, vat_amount, adjustment_amount, ' +
        'settlement_amount; got "report_day"',
    ],
    [['--column', '', ...from, ...show], '--column: expected the name of a column'],
    [
      [...column, ...from, ...show, '--format', 'xml'],
      "error: option '--format <name>' argument 'xml' is invalid. Allowed choices are table, json, csv, svg.",
    ],
    [[...column, ...from, ...show, '--format', 'csv', '--json'], "error: option '--format <name>' cannot be used with option '--json'"],
  ])('%j is refused with 2 and a line that says what was expected', async (words, sentence) => {
    const { exitCode, output, errors } = await report(...words);
    expect({ exitCode, output, line: errors.split('\n')[0] }).toEqual({ exitCode: 2, output: '', line: sentence });
  });

  it('is nothing for whoever has no token, and asks no reason', async () => {
    expect((await api.ask(undefined, 'report.cumulative')).status).toBe(401);
    expect(
      (await api.ask(api.tokens.viewer, 'report.cumulative', { column: 'fee_amount', from: '2025-07-01', show: '2025-07-01' })).status,
    ).toBe(200);
    expect((await api.ask(api.tokens.viewer, 'report.cumulative', { column: 7 })).body).toMatchObject({
      fields: [{ field: 'column' }, { field: 'from' }, { field: 'show' }],
    });
  });

  it('says so where the table is not there', async () => {
    await api.database.execute('ALTER TABLE statistics.daily_accounting_statistics RENAME TO elsewhere');
    try {
      expect(await report(...column, ...from, ...show)).toEqual({
        ...{ exitCode: 2, output: '' },
        errors: 'There is no table statistics.daily_accounting_statistics: weir migrate makes it.\n',
      });
    } finally {
      await api.database.execute('ALTER TABLE statistics.elsewhere RENAME TO daily_accounting_statistics');
    }
  });
});
