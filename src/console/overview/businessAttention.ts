import type { Clock } from '../../message/clock.ts';
import { known } from '../../metrics/known.ts';
import type { AskAllGauges } from '../../runtime/gauges/askAllGauges.ts';
import type { GaugeQuestion } from '../../runtime/gauges/gaugeQuestion.ts';
import { attentionOf, letterAttention, type Attention } from './attention.ts';
import { everyMs } from './history.ts';
import { LastTold } from './lastTold.ts';

export interface BusinessParts {
  readonly clock: Clock;
  /** How many dead letters of each topic wait for a person. */
  readonly openLetters: () => Promise<ReadonlyMap<string, number>>;
  readonly gauges: {
    readonly questions: readonly GaugeQuestion[];
    readonly ask: AskAllGauges;
  };
}

/**
 * What the gauges of systems and the dead letters ask a person to look at. They are asked as often as Prometheus asks, however many look, and
 * whoever looks waits a second for them. That something does not answer is an item itself, beside what it said last: it is never told as
 * nothing.
 */
export class BusinessAttention {
  readonly #clock: Clock;
  readonly #asked: readonly LastTold[];

  constructor({ clock, openLetters, gauges }: BusinessParts) {
    this.#clock = clock;
    const questions = gauges.questions.filter(({ attention }) => attention !== undefined);
    const letters = new LastTold({
      ...{ clock, names: ['dead letters'], view: '#/dead-letters' },
      ask: async (told) => told('dead letters', letterAttention(await openLetters())),
    });
    const business = new LastTold({
      ...{ clock, names: [...new Set(questions.map(nameOf))], view: '#/' },
      // Whoever looks is told without them meanwhile: they take the time they need.
      ask: (told) =>
        gauges.ask(questions, (question, rows) => told(nameOf(question), attentionOf([[question, rows]])), new AbortController().signal),
    });
    this.#asked = [business, letters];
  }

  async show(): Promise<readonly Attention[]> {
    await Promise.all(this.#asked.map((each) => known(() => each.askEvery(everyMs), this.#clock)));
    return this.#asked.flatMap((each) => each.attention());
  }
}

/** A person is told of a question by what it would say. */
function nameOf({ attention = {}, metrics }: GaugeQuestion): string {
  return Object.values(attention)[0]?.says ?? metrics[0] ?? '';
}
