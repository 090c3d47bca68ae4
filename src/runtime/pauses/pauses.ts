import type { Database } from '../../connectors/database.ts';
import { kindOf } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../message/clock.ts';
import { failureOf } from '../jobs/failure.ts';
import { WakeUp } from '../jobs/wakeUp.ts';
import type { Supervised } from '../supervise.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { listPauses, pauseChannel, type Pause } from './pauseStore.ts';

export interface PausesSpec {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often it looks for pauses that nobody told it about, in milliseconds. */
  readonly pollMs: number;
  readonly draining: AbortSignal;
}

/**
 * The pauses of operators, as this process knows them. They are read before any pipeline starts, so that one that is paused does
 * not read a single message; then followed: a notification tells at once, the poll tells in any case. While the database is away
 * everything stays as it is.
 */
export class Pauses {
  readonly #spec: PausesSpec;
  #known: ReadonlyMap<string, Pause>;

  private constructor(spec: PausesSpec, pauses: readonly Pause[]) {
    this.#spec = spec;
    this.#known = byPipeline(pauses);
  }

  static async read(spec: PausesSpec): Promise<Pauses> {
    return new Pauses(spec, await listPauses(spec.database));
  }

  /** Who has paused a pipeline, as a sentence; undefined when nobody has. The reason stays in its row: it is free text. */
  sentenceOf(pipeline: string): string | undefined {
    const pause = this.#known.get(pipeline);
    return pause && `paused by ${pause.actor}`;
  }

  /** Pauses and resumes pipelines as operators ask; what keeps them from reading besides stays. Resolves once it is drained. */
  async follow(pipelines: readonly Pick<Supervised, 'name' | 'pause' | 'resume'>[]): Promise<void> {
    const { clock, database, draining, pollMs } = this.#spec;
    const wakeUp = new WakeUp(clock, pollMs);
    const wake = (): void => wakeUp.wake();
    const endListening = database.listen(pauseChannel, wake);
    draining.addEventListener('abort', wake, { once: true });
    while (!draining.aborted) {
      const pauses = await unlessStopped(clock, draining, this.#look());
      if (pauses !== undefined) this.#apply(pauses, pipelines);
      await wakeUp.wait();
    }
    endListening();
  }

  #apply(pauses: readonly Pause[], pipelines: readonly Pick<Supervised, 'name' | 'pause' | 'resume'>[]): void {
    const before = this.#known;
    this.#known = byPipeline(pauses);
    for (const pipeline of pipelines) {
      const sentence = this.sentenceOf(pipeline.name);
      const was = before.has(pipeline.name);
      if (sentence !== undefined && !was) pipeline.pause('operator', sentence);
      if (sentence === undefined && was) pipeline.resume('operator');
    }
  }

  async #look(): Promise<readonly Pause[] | undefined> {
    try {
      return await listPauses(this.#spec.database);
    } catch (error) {
      if (kindOf(error) === 'defect') throw error;
      const { code, text } = failureOf(error);
      this.#spec.log.warn('pauses cannot be read', { code, error: text });
      return undefined;
    }
  }
}

function byPipeline(pauses: readonly Pause[]): ReadonlyMap<string, Pause> {
  return new Map(pauses.map((pause) => [pause.pipeline, pause]));
}
