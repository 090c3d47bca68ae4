import type { Database } from '../../connectors/database.ts';
import type { Logger } from '../../logging/logger.ts';
import type { BackOff } from '../../message/backOff.ts';
import type { Clock } from '../../message/clock.ts';
import type { Progress } from '../liveness.ts';
import type { RunMeter } from '../runChain.ts';
import type { WindowLimits } from '../window.ts';
import type { Job } from './job.ts';
import type { LeaseTimes } from './lease.ts';
import type { Failure } from './failure.ts';

/** How this process works on jobs. The window's limits are those of one partition. */
export interface JobSettings extends LeaseTimes, WindowLimits {
  /** Partitions that this process works on at once. Few: slower; many: more connections and memory, fewer for others. */
  readonly partitions: number;
  /** Rows read at a time; at most half of the window. Small: more queries; large: more memory. */
  readonly pageSize: number;
  /**
   * How often it looks for partitions that nobody works on and for the end of the run, in milliseconds. Short: more queries;
   * long: the work of a dead process waits so much longer than its lease.
   */
  readonly pollMs: number;
  /** Wait before a partition that failed for the moment is tried again. */
  readonly restart: BackOff;
  /** Failures of a partition in a row, without a row that left the chain between, that fail the run. Few: a short outage does; many: it tries for long. */
  readonly maxFailures: number;
  /** How long effects may take to end after a cut, in milliseconds. */
  readonly stopTimeoutMs: number;
}

/** Everything that working on one run of a job needs. */
export interface JobSpec<P, O, K, V, T> {
  readonly job: Job<P, O, K, V, T>;
  readonly ports: P;
  readonly options: O;
  /** The key of the run as people write it. */
  readonly key: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly meter: RunMeter;
  readonly log: Logger;
  /** The name of this process among all that share the database. */
  readonly holder: string;
  readonly settings: JobSettings;
  /** The partitions that this process works on at the moment are among them, for /livez. */
  readonly parts: Set<Progress>;
  /** Aborted: partitions finish what they have read and are handed back. */
  readonly draining: AbortSignal;
  /** Aborted: partitions are cut and handed back. */
  readonly signal: AbortSignal;
}

/** How work on a run ended. `stopped`: this process was, or a person stopped the run; it can be run again. */
export type JobEnd = { readonly runId: bigint } & (
  { readonly how: 'completed' | 'stopped' } | { readonly how: 'failed'; readonly failure: Failure }
);
