import type { GaugeRow } from '../../runtime/gauges/askAllGauges.ts';
import { otherLabel, type GaugeQuestion } from '../../runtime/gauges/gaugeQuestion.ts';

/** Something that a person should look at. `page`: now; `ticket`: today. */
export interface Attention {
  readonly level: 'page' | 'ticket';
  readonly text: string;
  /** Where on the page it is seen, as `#/pipelines/billing.deliver`. */
  readonly view: string;
  /** Since when it is so, or when it happened, as an ISO instant; null where nobody can tell. */
  readonly since: string | null;
}

/**
 * What the gauges of systems ask a person to look at: those that say so of themselves, each of their series that is not 0. What has a sign is
 * never added up: money that is missing in one place and too much in another is two items, not none.
 */
export function attentionOf(answers: readonly (readonly [GaugeQuestion, readonly GaugeRow[]])[]): readonly Attention[] {
  return answers.flatMap(([{ attention = {}, labels }, rows]) =>
    Object.entries(attention).flatMap(([metric, { level, view, says, only = {}, above, upTo = Number.POSITIVE_INFINITY }]) => {
      const meant = rows.filter((row) => Object.entries(only).every(([label, value]) => row[label] === value));
      const told = Object.entries(labels).filter(([label]) => !(label in only));
      return meant.flatMap((row) => {
        const number = numberOf(row[metric]);
        if (Number(number) === 0 || (above !== undefined && Number(numberOf(row[above.metric])) <= above.limit)) return [];
        const series = told.map(([label, values]) => values.find((value) => value === row[label]) ?? otherLabel);
        const which = series.length === 0 ? '' : ` (${series.join(', ')})`;
        const more = Number(number) < upTo ? '' : ' or more';
        return [{ level, view, since: null, text: `${says}${which}: ${number.toLocaleString('en')}${more}` }];
      });
    }),
  );
}

/** Exact, however large: amounts come as bigint, and some columns as their text. */
function numberOf(value: unknown): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : Number(value ?? 0);
}

/** Topics whose dead letters wait for a person. */
export function letterAttention(open: ReadonlyMap<string, number>): readonly Attention[] {
  return [...open].flatMap(([topic, count]) =>
    count === 0
      ? []
      : [
          {
            level: 'ticket',
            view: `#/dead-letters/${topic}`,
            since: null,
            text: `Dead letters of ${topic} that wait for a person: ${count.toLocaleString('en')}`,
          },
        ],
  );
}

/** Pages before tickets, otherwise as they come. */
export function worstFirst(items: readonly Attention[]): readonly Attention[] {
  return items.toSorted((left, right) => Number(right.level === 'page') - Number(left.level === 'page'));
}
