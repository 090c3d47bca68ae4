import type { Clock } from '../../message/clock.ts';
import { pause } from '../../message/pause.ts';
import type { Logger } from '../../logging/logger.ts';
import { codeOf, textOf } from '../../errors.ts';
import type { Json } from '../../runtime/jobs/job.ts';

/** How often those who look are told, in milliseconds. */
const everyMs = 2_000;

/** Takes the text of an event; false where it takes no more before it has read what it was given. */
export type Listener = (event: string) => boolean;

/**
 * Tells everybody who looks how everything stands, every two seconds, with the same bytes for all: what it costs does not grow with them,
 * and is nothing while nobody looks. Who reads slower than he is told is told less often.
 */
export class Live {
  readonly #show: () => Promise<Json>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Map<Listener, { isReading: boolean }>();
  #latest: string | undefined;
  #isLooking = false;

  constructor({ show, clock, log }: { readonly show: () => Promise<Json>; readonly clock: Clock; readonly log: Logger }) {
    this.#show = show;
    this.#clock = clock;
    this.#log = log;
  }

  /** Adds somebody, who is told at once; answers how he is forgotten, and how he says that he takes more again. */
  add(listener: Listener): { readonly forget: () => void; readonly drained: () => void } {
    const state = { isReading: true };
    this.#listeners.set(listener, state);
    if (this.#latest !== undefined) state.isReading = listener(this.#latest);
    if (!this.#isLooking) void this.#look();
    return {
      forget: () => void this.#listeners.delete(listener),
      drained: () => {
        state.isReading = true;
      },
    };
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#listeners.size > 0) {
      this.#latest = await this.#event();
      for (const [listener, state] of this.#listeners) if (state.isReading) state.isReading = listener(this.#latest);
      await pause(this.#clock, everyMs);
    }
    this.#latest = undefined;
    this.#isLooking = false;
  }

  /** What cannot be told now is said to be so, and is told later. */
  async #event(): Promise<string> {
    try {
      return `event: overview\ndata: ${JSON.stringify(await this.#show())}\n\n`;
    } catch (error) {
      this.#log.warn('the overview cannot be told', { code: codeOf(error), error: textOf(error) });
      return `event: unknown\ndata: ${JSON.stringify({ code: codeOf(error) })}\n\n`;
    }
  }
}
