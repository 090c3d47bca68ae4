import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cumulativeReport, type CumulativeReportPorts } from '../../../pipelines/accounting/cumulativeReport.job.ts';
import type { CumulativeReport } from '../../../pipelines/accounting/cumulativeReport.ts';
import { cumulativeReportStore } from '../../../pipelines/accounting/cumulativeReportStore.ts';
import { cumulativeStore } from '../../../pipelines/accounting/cumulativeStore.ts';
import { sendCumulativeMail } from '../../../pipelines/accounting/cumulativeMail.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { reportMailStore } from '../../../pipelines/shared/mailedReports/reportMailStore.ts';
import type { DueMail } from '../../../pipelines/shared/mailedReports/dueMail.ts';
import type { Database } from '../../../src/connectors/database.ts';
import type { Mail } from '../../../src/connectors/mailer.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { openGate } from '../../support/openGate.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { settings } from '../payments/aPayments.ts';

const day = '2025-12-31';
const asOf = new Date('2026-01-01T00:00:00Z');
let database: PostgresDatabase;
let sent: Mail[];
let said: string[];
/** What the mail server does; by default it takes them. */
let answer: () => Promise<{ response: string }>;

beforeAll(async () => {
  database = openDatabase({ url: await aMigratedDatabase(), clock: realClock });
  atTheEnd(() => database.close());
});

beforeEach(async () => {
  await database.execute('TRUNCATE accounting.cumulative_report CASCADE');
  await database.execute('TRUNCATE statistics.daily_accounting_statistics');
  await database.execute('TRUNCATE weir.job_run CASCADE');
  await database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
    VALUES ('2024-12-31', 5), ('2025-01-01', 1000000), ('2025-12-30', -0.50), ('2025-12-31', 234567.75), ('2026-01-01', 9)`);
  [sent, said] = [[], []];
  answer = () => Promise.resolve({ response: '250' });
});

const identifiers = createIdentifiers({ now: () => asOf, random: () => 0, node: 1 });

function portsOver(over: Database = database): CumulativeReportPorts {
  const cumulativeReports = cumulativeReportStore(
    over,
    cumulativeStore(over, () => asOf),
    () => asOf,
  );
  const mails = reportMailStore(over, {
    ...{ job: cumulativeReport.name, table: 'accounting.cumulative_report', reports: cumulativeReports },
    ...{ now: () => asOf, identifiers, log: { error: (sentence: string) => void said.push(sentence) } },
  });
  const mailer = {
    send: (mail: Mail) => {
      sent.push(mail);
      return answer();
    },
  };
  return {
    clock: { ...realClock, now: () => asOf },
    cumulativeReports,
    cumulativeMails: {
      ...mails,
      send: sendCumulativeMail({ mailer, sender: { address: 'weir@house.example', name: 'Weir' } }),
      gate: openGate('smtp'),
    },
  };
}

function run(options: object = {}, key = day, ports = portsOver()): Promise<JobEnd> {
  return runJob({
    ...{ job: cumulativeReport, ports, key, database, clock: realClock, settings, log: silent, holder: 'test' },
    options: cumulativeReport.options.parse(options),
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    parts: new Set(),
    draining: new AbortController().signal,
    signal: new AbortController().signal,
  });
}

async function mails(): Promise<readonly object[]> {
  return database.query('SELECT recipient, status FROM accounting.cumulative_report_mail ORDER BY recipient');
}

const one = { recipients: 'a@house.example', shownDays: 2 };
const dueMail: DueMail<CumulativeReport> = { day, recipient: 'a@house.example', claimed: undefined };

describe('accounting.cumulativeReport', () => {
  it('completes where nobody is to be told, reads nothing, and says so', async () => {
    await database.execute('ALTER TABLE statistics.daily_accounting_statistics RENAME TO elsewhere');
    try {
      expect(await run()).toMatchObject({ how: 'completed' });
    } finally {
      await database.execute('ALTER TABLE statistics.elsewhere RENAME TO daily_accounting_statistics');
    }
    expect(sent).toEqual([]);
    expect(await cumulativeReport.report?.(portsOver(), day)).toEqual({
      result: 'nothing was mailed: accounting.cumulativeReport.recipients names nobody',
    });
  });

  it('mails each recipient once what the year comes to, with its days as CSV and as a chart', async () => {
    expect(await run({ ...one, recipients: 'b@house.example,a@house.example' })).toMatchObject({ how: 'completed' });
    expect(sent.map(({ to }) => to.address).toSorted()).toEqual(['a@house.example', 'b@house.example']);
    const [first] = sent;
    expect(first?.subject).toBe('manual_cancel_amount up to 2025-12-31: 1,234,567.25');
    expect(first?.text.split('\n')).toEqual([
      'manual_cancel_amount up to 2025-12-31: 1,234,567.25',
      '',
      'Column: manual_cancel_amount',
      'From 2025-01-01 up to and including 2025-12-31: 1,234,567.25',
      'Of it after 2025-12-30: 234,567.75',
      '',
      'As of 2026-01-01T09:00:00.000+09:00. Each shown day is in the files beside.',
      '',
    ]);
    expect(first?.html).toContain('<td>1,234,567.25</td>');
    expect(first?.attachments).toMatchObject([
      {
        ...{ name: 'cumulative-2025-12-31.csv', type: 'text/csv' },
        content: 'day,manual_cancel_amount\r\n2025-12-30,999999.50\r\n2025-12-31,1234567.25\r\n',
      },
      { name: 'cumulative-2025-12-31.svg', type: 'image/svg+xml', content: expect.stringContaining('</svg>') as string },
    ]);
    expect(first?.messageId).not.toBe(sent[1]?.messageId);
    expect(await mails()).toMatchObject([{ status: 'SENT' }, { status: 'SENT' }]);
    expect(await cumulativeReport.report?.(portsOver(), day)).toMatchObject({
      ...{ column: 'manual_cancel_amount', from: '2025-01-01', totalDecimal: '1234567.25' },
      mails: [{ recipient: 'a@house.example', status: 'SENT' }, { status: 'SENT' }],
    });
    await expect(run(one)).rejects.toMatchObject({ code: 'alreadyCompleted' });
  });

  it('adds up what its options say', async () => {
    expect(await run({ ...one, from: '2025-12-31', shownDays: 92, column: 'payment_count' })).toMatchObject({ how: 'completed' });
    expect(sent[0]?.subject).toBe('payment_count up to 2025-12-31: no value so far');
    expect(sent[0]?.attachments?.[0]?.content).toBe('day,payment_count\r\n2025-12-31,\r\n');
  });

  it('is compiled anew until a mail was claimed, and then stays as it was told', async () => {
    const { cumulativeReports, cumulativeMails } = portsOver();
    const request = { column: 'manual_cancel_amount', from: '2025-01-01', firstShown: day, lastShown: day };
    const last = async (): Promise<unknown> => (await cumulativeReports.read(day))?.totals.at(-1)?.total;
    await cumulativeReports.compile(request);
    await database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount) VALUES ('${day}', 1)`);
    await cumulativeReports.compile({ ...request, firstShown: '2025-12-30' });
    expect(await last()).toEqual({ units: 123_456_825n, scale: 2 });
    expect((await cumulativeReports.read(day))?.totals).toHaveLength(2);
    expect(await cumulativeMails.claim([dueMail])).toMatchObject([{ claimed: { report: { asOf } } }]);
    await database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount) VALUES ('${day}', 1)`);
    await cumulativeReports.compile(request);
    expect(await last()).toEqual({ units: 123_456_825n, scale: 2 });
  });

  it('never sends a mail again that nobody can tell about, nor one that a process claimed which died, and says so', async () => {
    answer = () => Promise.reject(new WeirError('outcomeUnknown', 'lost after the final dot'));
    expect(await run(one)).toMatchObject({ how: 'completed' });
    const { cumulativeReports, cumulativeMails } = portsOver();
    const request = { column: 'manual_cancel_amount', from: '2025-01-01', firstShown: '2025-12-30', lastShown: '2025-12-30' };
    await cumulativeReports.compile(request);
    await cumulativeMails.claim([{ ...dueMail, day: '2025-12-30' }]);
    expect(await run(one, '2025-12-30')).toMatchObject({ how: 'completed' });
    expect(sent).toHaveLength(1);
    expect(await mails()).toMatchObject([{ status: 'UNKNOWN' }, { status: 'UNKNOWN' }]);
    expect(said).toEqual(Array(2).fill('nobody can tell whether the mail of a daily report was sent: it is not sent again'));
  });

  it.each([
    [{ column: 'note' }, day, { code: 'notFound', error: '--column: expected a numeric column' }],
    [
      { from: '2026-01-01' },
      day,
      { code: 'invalidKey', error: 'Expected a day from 2026-01-01 on (accounting.cumulativeReport.from), got 2025-12-31.' },
    ],
    [{}, '2026-01-01', { code: 'invalidKey', error: 'Expected a day that has ended in Seoul, where it is 2026-01-01; got 2026-01-01.' }],
  ])('fails with %j for %s, and mails nothing', async (options, key, { code, error }) => {
    expect(await run({ ...one, ...options }, key)).toMatchObject({
      how: 'failed',
      failure: { code, text: expect.stringContaining(error) as string },
    });
    expect({ sent, mails: await mails() }).toEqual({ sent: [], mails: [] });
  });
});
