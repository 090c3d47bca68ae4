import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf } from '../../../pipelines/accounting/chartAxis.ts';
import { cumulativeChart } from '../../../pipelines/accounting/cumulativeChart.ts';
import { groupDecimal, parseDecimal, unitsAt, type Decimal } from '../../../pipelines/shared/decimal.ts';
import { aReport } from './aReport.ts';

describe('the axis of a chart', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(12))
    .map(([units, scale]): Decimal => ({ units, scale }));

  it('has round steps around all values, and each value stands between its ends in order', () => {
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 1, maxLength: 20 }), (values) => {
        const { ticks, shareOf } = axisOf(values);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
        const scale = Math.max(...[...values, ...ticks].map((value) => value.scale));
        const at = ticks.map((tick) => unitsAt(tick, scale));
        const step = (at[1] ?? 0n) - (at[0] ?? 0n);
        expect(at.every((units, nth) => nth === 0 || units - (at[nth - 1] ?? 0n) === step)).toBe(true);
        expect(step.toString()).toMatch(/^[125]0*$/);
        for (const value of values) {
          expect(unitsAt(value, scale) >= (at[0] ?? 0n) && unitsAt(value, scale) <= (at.at(-1) ?? 0n)).toBe(true);
          expect(shareOf(value)).toBeGreaterThanOrEqual(0);
          expect(shareOf(value)).toBeLessThanOrEqual(1);
        }
        const inOrder = values.toSorted((one, other) => (unitsAt(one, scale) < unitsAt(other, scale) ? -1 : 1));
        const shares = inOrder.map(shareOf);
        expect(shares).toEqual(shares.toSorted((one, other) => one - other));
      }),
    );
  });

  it.each([
    [
      ['0', '15737456.50'],
      ['0', '5,000,000', '10,000,000', '15,000,000', '20,000,000'],
    ],
    [
      ['-3.43', '4.00'],
      ['-4', '-2', '0', '2', '4'],
    ],
    [
      ['0.01', '0.03'],
      ['0.01', '0.02', '0.03'],
    ],
    [['5000000'], ['4,000,000', '5,000,000', '6,000,000']],
    [['0.00'], ['-1', '0', '1']],
    [[], []],
  ])('for %j has %j', (values, ticks) => {
    expect(axisOf(values.map(parseDecimal)).ticks.map(groupDecimal)).toEqual(ticks);
  });
});

describe('the chart of a report', () => {
  it('steps at each day, and has a gap where there is no total', () => {
    const svg = cumulativeChart(aReport([null, '0', '5', '5', null, '10']));
    const [, path = ''] = /<path class="line" d="([^"]*)"/.exec(svg) ?? [];
    // Two strokes of the pen; down at the second day and at the last.
    expect(path).toMatch(/^M[\d.]+ 372H[\d.]+V228H[\d.]+M[\d.]+ 84H932$/);
  });

  it('shows numbers with separators, days, and what it is about in words', () => {
    const svg = cumulativeChart(aReport(['1000000', '1234567.50']));
    expect(svg).toContain('>1,250,000<');
    expect(svg).toContain('>2025-10-02<');
    expect(svg).toContain('Sum from 2025-07-01 up to and including each day, 2025-10-01 to 2025-10-02; on 2025-10-02: 1,234,567.50');
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('writes no name as markup', () => {
    const svg = cumulativeChart(aReport(['1'], { column: '<script>&"\u0001' }));
    expect(svg).toContain('&lt;script&gt;&amp;&quot; ');
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0001');
  });

  it('says so where there is no value at all', () => {
    const svg = cumulativeChart(aReport([null, null]));
    expect(svg).toContain('>no value so far<');
    expect(svg).toContain('d=""');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('labels a long time by months that lie evenly, and no label lies on another', () => {
    const svg = cumulativeChart(aReport(Array.from({ length: 3_660 }, (_, at) => String(at * 3))));
    const labels = [...svg.matchAll(/x="([\d.]+)" y="396" text-anchor="middle">([\d-]+)</g)].map(([, x, day]) => [Number(x), day] as const);
    expect(labels.map(([, day]) => day?.slice(5))).toEqual(labels.map(() => '10-01'));
    expect(labels.every(([x], at) => at === 0 || x - (labels[at - 1]?.[0] ?? 0) > 75)).toBe(true);
  });
});
