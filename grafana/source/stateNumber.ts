import { each, series } from './promql.ts';
import type { Shade } from './panels.ts';
import type { SeriesName } from './seriesName.ts';

/** A series that is 1 for one of these states made into one number, and what each number means. */
export interface StateNumber {
  readonly expression: string;
  readonly shades: Readonly<Record<number, Shade>>;
}

/** Numbers the states of a series from 1 on, in the order in which they are listed. */
export function stateNumber<S extends string>(name: SeriesName, matchers: string, states: Readonly<Record<S, Shade>>): StateNumber {
  const numbered = Object.entries<Shade>(states).map(([state, shade], at) => ({ state, shade, number: at + 1 }));
  const terms = numbered.map(
    ({ state, number }) => `${each('sum', 'pipeline, instance', series(name, `${matchers}, state="${state}"`))} * ${number}`,
  );
  return { expression: terms.join(' + '), shades: Object.fromEntries(numbered.map(({ number, shade }) => [number, shade])) };
}
