import { svg, type Child } from './dom.ts';
import { rateText } from './text.ts';

const width = 120;
const height = 24;

/** Seconds between two numbers of a history. */
const stepSeconds = 15;

/** A small line of the last 15 minutes, of rates per second; nothing where nothing is known. */
export function sparkline(history: readonly number[], of: string): Child {
  if (history.length < 2) return null;
  const most = Math.max(...history);
  const scale = most === 0 ? 0 : (height - 4) / most;
  const from = width - (history.length - 1) * (width / 59);
  const points = history.map((value, at) => `${(from + at * (width / 59)).toFixed(1)},${(height - 2 - value * scale).toFixed(1)}`);
  const minutes = Math.max(1, Math.round((history.length * stepSeconds) / 60));
  const told = `${of}, last ${minutes} min: at most ${rateText(most)}, now ${rateText(history.at(-1))}`;
  return svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, class: 'spark', role: 'img', 'aria-label': told },
    svg('title', {}, told),
    svg('polygon', { points: `${from.toFixed(1)},${height - 1} ${points.join(' ')} ${width},${height - 1}`, class: 'area' }),
    svg('polyline', { points: points.join(' '), class: 'line' }),
  );
}
