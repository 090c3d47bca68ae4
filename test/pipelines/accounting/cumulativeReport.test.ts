import { describe, expect, it } from 'vitest';
import { answerOf, readAnswer } from '../../../pipelines/accounting/cumulativeAnswer.ts';
import { cumulativeCsv } from '../../../pipelines/accounting/cumulativeCsv.ts';
import { addDays, daysBetween, isDay, maxShownDays, parseShown, requireShowable } from '../../../pipelines/accounting/cumulativeReport.ts';
import { aReport } from './aReport.ts';

describe('a day', () => {
  it.each(['2025-10-01', '2024-02-29', '1999-12-31', '1000-01-01'])('%s exists', (text) => expect(isDay(text)).toBe(true));
  it.each(['2025-02-29', '2025-13-01', '2025-10-1', '20251001', '2025-10-01T00:00', '', '0999-01-01', '3000-01-01', '2025-10-32'])(
    '%j does not',
    (text) => expect(isDay(text)).toBe(false),
  );
  it('is counted over leap days and the ends of years', () => {
    expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
    expect(addDays('2025-01-01', -1)).toBe('2024-12-31');
    expect(daysBetween('2025-10-01', '2025-12-31')).toBe(92);
    expect(daysBetween('2025-10-01', '2025-10-01')).toBe(1);
  });
});

describe('the days that are shown', () => {
  it('are two dates, or one', () => {
    expect(parseShown('2025-10-01..2025-12-31')).toEqual({ firstShown: '2025-10-01', lastShown: '2025-12-31' });
    expect(parseShown('2025-10-01')).toEqual({ firstShown: '2025-10-01', lastShown: '2025-10-01' });
  });
  it.each([
    '',
    '..',
    '2025-10-01..',
    '..2025-10-01',
    '2025-10-01...2025-10-02',
    '2025-10-01..2025-10-02..2025-10-03',
    '2025-10-01-2025-10-02',
  ])('are not %j', (text) => expect(parseShown(text)).toBeUndefined());
  it('may begin where the sum begins, and be ten years', () => {
    const firstShown = '2016-01-01';
    expect(() => requireShowable({ from: firstShown, firstShown, lastShown: addDays(firstShown, maxShownDays - 1) })).not.toThrow();
  });
  it.each([
    ['2025-07-01', '2025-12-31', '2025-10-01', '--show: expected the earlier day first, as 2025-10-01..2025-12-31'],
    [
      '2025-07-01',
      '2025-06-30',
      '2025-10-01',
      '--show: expected to begin on 2025-07-01, where the sum begins (--from), or later; got 2025-06-30',
    ],
    [
      '2010-01-01',
      '2010-01-01',
      '2020-01-09',
      '--show: expected 3660 days (ten years) at most, since an answer is held in memory whole; got 3661',
    ],
  ])('from %s are not %s to %s', (from, firstShown, lastShown, message) => {
    expect(() => requireShowable({ from, firstShown, lastShown })).toThrow(
      expect.objectContaining({ code: 'invalidKey', message }) as Error,
    );
  });
});

describe('a report', () => {
  it('is read from JSON as it was written', () => {
    const report = aReport([null, '-0.50', '12345678901234567890.10']);
    const answer = answerOf(report);
    expect(answer.days.map(({ totalDecimal }) => totalDecimal)).toEqual([null, '-0.50', '12345678901234567890.10']);
    expect(readAnswer(JSON.parse(JSON.stringify(answer)))).toEqual(report);
  });
  it.each([
    {},
    null,
    { ...answerOf(aReport(['1'])), days: [{ day: '2025-10-01', totalDecimal: 1 }] },
    { ...answerOf(aReport(['1'])), days: [] },
  ])('is not read from %j', (answer) =>
    expect(() => readAnswer(answer)).toThrow(/^The daemon answers otherwise than this version understands: /),
  );
  it('as CSV has a line for each day, nothing where there is no total, and no formula of anybody', () => {
    expect(cumulativeCsv(aReport([null, '-1.50', '20000000000000000000']))).toBe(
      'day,manual_cancel_amount\r\n2025-10-01,\r\n2025-10-02,-1.50\r\n2025-10-03,20000000000000000000\r\n',
    );
    expect(cumulativeCsv(aReport(['1'], { column: '=1,"x"' })).split('\r\n')[0]).toBe(`day,"'=1,""x"""`);
  });
});
