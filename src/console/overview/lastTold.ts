import type { Clock } from '../../message/clock.ts';
import type { Attention } from './attention.ts';
import { everyMs } from './history.ts';

/** From here on, in milliseconds, what was told last is old even if nobody has asked since. */
const oldMs = 2 * everyMs;

interface Answer {
  readonly items: readonly Attention[];
  readonly atMs: number;
  readonly at: Date;
}

export interface AskedSpec {
  readonly clock: Clock;
  /** What is asked about, in words. */
  readonly names: readonly string[];
  /** Where a person looks who is told that one of them is not known. */
  readonly view: string;
  /** Asks about all of them, and hands over what each says; what is not handed over by the end did not answer. */
  readonly ask: (told: (name: string, items: readonly Attention[]) => void) => Promise<void>;
}

/**
 * What was told last of things that may not answer, and since when each does not. Memory: one answer of each. Asks one at a time: what hangs
 * is not asked again beside itself.
 */
export class LastTold {
  readonly #spec: AskedSpec;
  readonly #since: Date;
  readonly #answers = new Map<string, Answer>();
  #asking: Promise<void> | undefined;
  #beganMs = -Infinity;
  /** When that ask began which ended last. */
  #endedMs = -Infinity;

  constructor(spec: AskedSpec) {
    this.#spec = spec;
    this.#since = spec.clock.now();
  }

  /** Asks, unless it was asked so shortly before; resolves when nobody is asked any more. Rejects never. */
  askEvery(ms: number): Promise<void> {
    const nowMs = this.#spec.clock.elapsedMs();
    if (this.#asking === undefined && nowMs - this.#beganMs >= ms) {
      this.#beganMs = nowMs;
      this.#asking = this.#ask(nowMs).finally(() => {
        this.#asking = undefined;
      });
    }
    return this.#asking ?? Promise.resolve();
  }

  /** What each said last, marked with its age where that is old; and what is not known now, with the time since when it is not. */
  attention(): readonly Attention[] {
    const old = Map.groupBy(
      this.#spec.names.filter((name) => this.#isOld(name)),
      (name) => (this.#answers.get(name)?.at ?? this.#since).toISOString(),
    );
    const unknown = [...old].map(([since, names]) => ({
      ...{ level: 'ticket' as const, view: this.#spec.view, since, text: `Cannot be told: ${names.join('; ')}` },
    }));
    const last = this.#spec.names.flatMap((name) => {
      const { items = [], at } = this.#answers.get(name) ?? {};
      return this.#isOld(name) ? items.map((item) => ({ ...item, text: `${item.text} (as of ${at?.toISOString() ?? ''})` })) : items;
    });
    return [...unknown, ...last];
  }

  async #ask(beganMs: number): Promise<void> {
    const { ask, clock } = this.#spec;
    const told = (name: string, items: readonly Attention[]): void => {
      const before = this.#answers.get(name);
      // Two questions may go by one name: what they say belongs together.
      const isSame = before !== undefined && before.atMs === beganMs;
      this.#answers.set(name, { items: isSame ? [...before.items, ...items] : items, atMs: beganMs, at: clock.now() });
    };
    await ask(told).catch(() => undefined);
    this.#endedMs = beganMs;
  }

  #isOld(name: string): boolean {
    const atMs = this.#answers.get(name)?.atMs ?? -Infinity;
    return atMs < this.#endedMs || this.#spec.clock.elapsedMs() - atMs > oldMs;
  }
}
