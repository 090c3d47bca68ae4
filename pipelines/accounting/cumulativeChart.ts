import { groupDecimal } from '../shared/decimal.ts';
import { escapeMarkup } from '../shared/escapeMarkup.ts';
import { axisOf, type ChartAxis } from './chartAxis.ts';
import type { CumulativeReport, RunningTotal } from './cumulativeReport.ts';

const size = { width: 960, height: 420 };
const frame = { top: 84, right: 28, bottom: 48, gap: 12 };
/** Of a digit at the size of the labels; a little more than it takes. */
const digitWidth = 7.4;
/** From the middle of the label of a day to that of the next, at least. */
const labelWidth = 84;
/** How many months may lie between labels, so that years look alike. */
const monthSteps = [1, 2, 3, 6, 12, 24];

const style = `
  .weir-chart { --ground: #ffffff; --ink: #1f2328; --quiet: #59636e; --rule: #d9dee4; --line: #0a6dd6; font-family: system-ui, sans-serif; font-size: 12px; }
  @media (prefers-color-scheme: dark) {
    .weir-chart { --ground: #0d1117; --ink: #e6edf3; --quiet: #9aa4af; --rule: #2b323b; --line: #58a6ff; }
  }
  .weir-chart text { fill: var(--quiet); font-variant-numeric: tabular-nums; }
  .weir-chart .name { fill: var(--ink); font-size: 18px; font-weight: 600; }
  .weir-chart .ground { fill: var(--ground); }
  .weir-chart .rule { stroke: var(--rule); }
  .weir-chart .zero { stroke: var(--quiet); }
  .weir-chart .line { fill: none; stroke: var(--line); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
`;

const noValue = `<text x="${size.width / 2}" y="${size.height / 2}" text-anchor="middle">no value so far</text>`;

/** Where things stand: each day has a band of one width, and its total is a level line across it. */
interface Plot {
  readonly left: number;
  readonly bandWidth: number;
  readonly heightOf: (share: number) => number;
}

/**
 * A report as a chart, an SVG document that needs nothing else: a line that steps at each day, with a gap where there is no total. Its
 * colours are those of the reader, light or dark.
 */
export function cumulativeChart(report: CumulativeReport): string {
  const { column, totals } = report;
  const axis = axisOf(totals.flatMap(({ total }) => (total === undefined ? [] : [total])));
  const labels = axis.ticks.map((tick) => groupDecimal(tick));
  const left = frame.gap * 3 + digitWidth * Math.max(0, ...labels.map(({ length }) => length));
  const bandWidth = (size.width - frame.right - left) / totals.length;
  const plot = {
    left,
    bandWidth,
    heightOf: (share: number) => size.height - frame.bottom - share * (size.height - frame.bottom - frame.top),
  };
  const about = sentenceOf(report);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="weir-chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="name about">`,
    `<title id="name">${escapeMarkup(column)}</title>`,
    `<desc id="about">${escapeMarkup(about)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${size.width}" height="${size.height}"/>`,
    `<text class="name" x="${frame.gap * 2}" y="34">${escapeMarkup(column)}</text>`,
    `<text x="${frame.gap * 2}" y="56">${escapeMarkup(about)}</text>`,
    ...axis.ticks.map((tick, at) => rule(plot, plot.heightOf(axis.shareOf(tick)), labels[at] ?? '', tick.units === 0n)),
    ...dayLabels(totals, plot),
    ...(axis.ticks.length === 0 ? [noValue] : []),
    `<path class="line" d="${stepsOf(totals, axis, plot)}"/>`,
    '</svg>',
    '',
  ].join('\n');
}

/** What the chart says, in words. */
function sentenceOf({ from, firstShown, lastShown, totals }: CumulativeReport): string {
  const last = totals.at(-1)?.total;
  const end = last === undefined ? 'no value so far' : groupDecimal(last);
  return `Sum from ${from} up to and including each day, ${firstShown} to ${lastShown}; on ${lastShown}: ${end}`;
}

function rule({ left }: Plot, height: number, label: string, isZero: boolean): string {
  const y = tidy(height);
  return [
    `<line class="${isZero ? 'zero' : 'rule'}" x1="${tidy(left)}" x2="${size.width - frame.right}" y1="${y}" y2="${y}"/>`,
    `<text x="${tidy(left - frame.gap)}" y="${y}" dy="0.35em" text-anchor="end">${escapeMarkup(label)}</text>`,
  ].join('');
}

/** Labels of the first days of months where there are several of them, else of days evenly apart. */
function dayLabels(totals: readonly RunningTotal[], { left, bandWidth }: Plot): readonly string[] {
  const days = totals.map(({ day }, at) => ({ day, at }));
  const months = days.filter(({ day }) => day.endsWith('-01'));
  const candidates = months.length > 2 ? months : days;
  const atLeast = Math.ceil((candidates.length * labelWidth) / (bandWidth * totals.length));
  const every = candidates === months ? (monthSteps.find((step) => step >= atLeast) ?? atLeast) : atLeast;
  const y = size.height - frame.bottom + 24;
  return candidates
    .filter((_, nth) => nth % every === 0)
    .map(({ day, at }) => `<text x="${tidy(left + (at + 0.5) * bandWidth)}" y="${y}" text-anchor="middle">${day}</text>`);
}

/** The line: across each day, then up or down to the next; days that stay the same are one stroke. */
function stepsOf(totals: readonly RunningTotal[], axis: ChartAxis, { left, bandWidth, heightOf }: Plot): string {
  const strokes: string[] = [];
  let before: number | undefined;
  for (const [at, { total }] of totals.entries()) {
    const height = total === undefined ? undefined : tidy(heightOf(axis.shareOf(total)));
    const x = tidy(left + at * bandWidth);
    if (height !== before && before !== undefined) strokes.push(`H${x}`);
    if (height !== before && height !== undefined) strokes.push(before === undefined ? `M${x} ${height}` : `V${height}`);
    before = height;
  }
  if (before !== undefined) strokes.push(`H${size.width - frame.right}`);
  return strokes.join('');
}

/** To a hundredth of a point. */
function tidy(coordinate: number): number {
  return Math.round(coordinate * 100) / 100;
}
