import type { Bus, Topic } from '../../connectors/bus.ts';
import type { Database } from '../../connectors/database.ts';
import type { LogLevels } from '../../logging/logLevels.ts';
import type { Clock } from '../../message/clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { LetterIndex } from '../../runtime/deadLetters/letterIndex.ts';
import type { KnownSchedule } from '../../runtime/schedules/listSchedules.ts';
import type { Supervised } from '../../runtime/supervise.ts';
import type { Overview } from '../overview/overview.ts';

/** A job as an operator runs it. */
export interface RunnableJob {
  readonly name: string;
  readonly planVersion: number;
  /** Throws `invalidKey` that says what was expected. */
  parseKey(text: string): unknown;
  /** Throws `invalidKey` for a key whose time has not come. */
  checkKey?(key: unknown, now: Date): void;
}

/** What the house's own routes need of the daemon that they are asked of. */
export interface HousePorts {
  readonly database: Database;
  readonly clock: Clock;
  /** Names of all pipelines, of whatever profile. */
  readonly pipelines: readonly string[];
  /** Those of this process, as they stand. */
  readonly supervised: () => readonly Supervised[];
  /** All jobs, of whatever profile. */
  readonly jobs: readonly RunnableJob[];
  /** All schedules, with what the options of this process say of them. */
  readonly schedules: readonly KnownSchedule[];
  readonly overview: Pick<Overview, 'show' | 'pipeline'>;
  readonly factsOf: Metrics['factsOf'];
  readonly levels: LogLevels;
  readonly bus: Pick<Bus, 'deadLettersOf'>;
  readonly letterIndexOf: (topic: Topic) => LetterIndex;
  readonly topics: readonly Topic[];
  /** Tells this process that there is a replay to work on. */
  readonly wakeReplays: () => void;
}
