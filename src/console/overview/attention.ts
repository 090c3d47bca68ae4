import type { GaugeRow } from '../../runtime/gauges/askAllGauges.ts';
import type { GaugeQuestion } from '../../runtime/gauges/gaugeQuestion.ts';

/** Something that a person should look at. `page`: now; `ticket`: today. */
export interface Attention {
  readonly level: 'page' | 'ticket';
  readonly text: string;
  /** Where on the page it is seen, as `#/pipelines/billing.deliver`. */
  readonly view: string;
}

/** What the gauges of systems ask a person to look at: those that say so of themselves and are not 0. */
export function attentionOf(answers: readonly (readonly [GaugeQuestion, readonly GaugeRow[]])[]): readonly Attention[] {
  return answers.flatMap(([{ attention = {} }, rows]) =>
    Object.entries(attention).flatMap(([metric, { level, view, says, only = {} }]) => {
      const meant = rows.filter((row) => Object.entries(only).every(([label, value]) => row[label] === value));
      const sum = meant.reduce((total, row) => total + Number(row[metric]), 0);
      return sum === 0 ? [] : [{ level, view, text: `${says}: ${sum.toLocaleString('en')}` }];
    }),
  );
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
            text: `Dead letters of ${topic} that wait for a person: ${count.toLocaleString('en')}`,
          },
        ],
  );
}

/** Pages before tickets, otherwise as they come. */
export function worstFirst(items: readonly Attention[]): readonly Attention[] {
  return items.toSorted((left, right) => Number(right.level === 'page') - Number(left.level === 'page'));
}
