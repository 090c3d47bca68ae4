import { svg } from './dom.ts';

/** The mark of Weir: water that is held back, and what goes on below. */
export function mark(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 20 20', class: 'mark', 'aria-hidden': 'true' },
    svg('path', { d: 'M1 5c2-2 4-2 6 0v12H1z' }),
    svg('path', { d: 'M9 3h2v14H9z' }),
    svg('path', { d: 'M13 13c2-2 4-2 6 0v4h-6z' }),
  );
}
