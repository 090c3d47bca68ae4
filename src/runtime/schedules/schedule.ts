/** What to do about fire times that passed while no process was there to see them. */
export type Misfire =
  /** None of them runs; each is recorded as missed. */
  | 'skip'
  /** The latest runs, the others are recorded as missed. */
  | 'runOnce'
  /** Each runs, oldest first. */
  | 'runAll';

/** What to do about a fire while a run of its job has not ended. */
export type Overlap =
  /** It is left out, and recorded as skipped. */
  | 'skip'
  /** It waits until the run has ended; later fires wait behind it. */
  | 'wait'
  /** It runs beside it. */
  | 'allow';

/** What people may set of a schedule. */
export interface Pattern {
  /** Fire times, five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** Where its wall clock hangs. */
  readonly zone: string;
  /** While false, its fires are recorded as skipped. */
  readonly isEnabled: boolean;
}

/** When a job runs by itself. */
export interface Schedule {
  /** Unique; by default the name of its job. */
  readonly name: string;
  /** The job that it runs. */
  readonly job: string;
  /** The profile whose processes fire it. */
  readonly profile: string;
  /** Fire times as `Pattern` has them: the default of its option. */
  readonly cron: string;
  readonly zone: string;
  readonly misfire: Misfire;
  /** Fires that are older when they are found are recorded as missed, in milliseconds; `Infinity`: none is ever too old. */
  readonly maxAgeMs: number;
  readonly overlap: Overlap;
  /**
   * Schedules whose work comes first: a fire waits until their fires up to it are decided, the latest of them has completed, and
   * no run of their jobs is open. So a night of each that were missed together are made up for in their order.
   */
  readonly after: readonly string[];
  /**
   * Whether ended runs tell nothing that is needed later, so that they are deleted after a while. Only for jobs that may run
   * again under an old key: a deleted run no longer says that its key has completed.
   */
  readonly isForgettable: boolean;
  /** The key of the run that a fire opens. Two fires with one key run once. */
  keyOf(fireAt: Date): string;
}

type Defaults = 'zone' | 'after' | 'isForgettable';

/** Declares a schedule. Seoul is where the company's clock hangs, unless it says otherwise. */
export function defineSchedule(schedule: Omit<Schedule, Defaults> & Partial<Pick<Schedule, Defaults>>): Schedule {
  if (schedule.misfire === 'runAll' && schedule.overlap === 'skip') {
    throw new TypeError(`${schedule.name} runs all that was missed and skips what overlaps: of two missed fires the second overlaps`);
  }
  return { zone: 'Asia/Seoul', after: [], isForgettable: false, ...schedule };
}
