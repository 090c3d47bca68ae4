/** What to do about fire times that passed while no process was there to see them. */
export type Misfire =
  /** None of them runs; each is recorded as missed. */
  | 'skip'
  /** The latest runs, the others are recorded as missed. */
  | 'runOnce'
  /** Each runs, oldest first. */
  | 'runAll';

/** What to do about a fire whose last run has not ended: leave it out, or run beside it. */
export type Overlap = 'skip' | 'allow';

/** When a job runs by itself. */
export interface Schedule {
  /** Unique; by default the name of its job. */
  readonly name: string;
  /** The job that it runs. */
  readonly job: string;
  /** The profile whose processes fire it. */
  readonly profile: string;
  /** Fire times, five fields: minute, hour, day of month, month, day of week. Default of its option. */
  readonly cron: string;
  /** Where its wall clock hangs. */
  readonly zone: string;
  readonly misfire: Misfire;
  /** Fires that are older when they are found are recorded as missed, in milliseconds; `Infinity`: none is ever too old. */
  readonly maxAgeMs: number;
  readonly overlap: Overlap;
  /** The key of the run that a fire opens. */
  keyOf(fireAt: Date): string;
}

/** Declares a schedule. Seoul is where the company's clock hangs, unless it says otherwise. */
export function defineSchedule(schedule: Omit<Schedule, 'zone'> & Partial<Pick<Schedule, 'zone'>>): Schedule {
  return { zone: 'Asia/Seoul', ...schedule };
}
