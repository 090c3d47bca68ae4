import type { Database } from '../../connectors/database.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../message/clock.ts';
import { failureOf } from '../jobs/failure.ts';
import { WakeUp } from '../jobs/wakeUp.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { fireSchedule, type Look } from './fireSchedule.ts';
import { forgetRuns } from './forgetRuns.ts';
import type { Pattern, Schedule } from './schedule.ts';
import { listSchedulePauses } from './schedulePauses.ts';
import { nextFireAt, scheduleStates, type ScheduleState } from './scheduleStates.ts';
import { swallowedFires } from './swallowedFires.ts';
import { tellLook } from './tellLook.ts';

/** A schedule as this process fires it. */
export interface FiredSchedule {
  readonly schedule: Schedule;
  /** What people have set. */
  readonly pattern: Pattern;
  /** Of its job. */
  readonly planVersion: number;
}

/** Where schedules are measured. */
export interface ScheduleMeter {
  /** Fires that were recorded as missed. */
  missed(schedule: string, count: number): void;
  /** The oldest due fire whose work has not completed, or the next to come; undefined when none comes. */
  lateSince(schedule: string, fireAt: Date | undefined): void;
  /** Since when it is paused, undefined where it is not; and how many fires a pause has swallowed that nobody has made up for. */
  paused(schedule: string, since: Date | undefined, swallowed: number): void;
  /** Whether it is off as it is in force: in every process, by the options of the one that was started last. */
  off(schedule: string, isOff: boolean): void;
}

export interface SchedulesSpec {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: ScheduleMeter;
  readonly schedules: readonly FiredSchedule[];
  /** Name of this process. */
  readonly holder: string;
  /** How often it looks for due fires, in milliseconds of elapsed time. Calendar time may jump by days between two looks. */
  readonly pollMs: number;
  /** How long ended runs and decided fires are kept, in days. */
  readonly keepDays: number;
  readonly draining: AbortSignal;
}

/** How far the clocks of two processes may be apart without a word, in milliseconds. */
const aheadLimitMs = 3_600_000;

/** How often old runs and fires are looked for, in milliseconds of elapsed time. */
const forgetEveryMs = 3_600_000;

/**
 * Opens the runs of schedules as their times come, and those that were missed by their policies; whoever watches for open runs
 * works on them. Any number of processes do this for the same schedules, each fire is decided once. While the database is away it
 * waits, and finds what was due afterwards. Resolves once it is drained.
 */
export async function runSchedules(spec: SchedulesSpec): Promise<void> {
  if (spec.schedules.length === 0) return;
  await new Firing(spec).run();
}

class Firing {
  readonly #spec: SchedulesSpec;
  readonly #wakeUp: WakeUp;
  /** Schedules for which this process has not yet written what it wants. */
  readonly #unset: Set<string>;
  #forgotAtMs = -Infinity;

  constructor(spec: SchedulesSpec) {
    this.#spec = spec;
    this.#wakeUp = new WakeUp(spec.clock, spec.pollMs);
    this.#unset = new Set(spec.schedules.map(({ schedule }) => schedule.name));
  }

  async run(): Promise<void> {
    const { clock, draining } = this.#spec;
    const wake = (): void => this.#wakeUp.wake();
    draining.addEventListener('abort', wake, { once: true });
    while (!draining.aborted) {
      // A transaction that is under way at a stop is given up after a moment: it commits whole or not at all.
      await unlessStopped(clock, draining, this.#look());
      await this.#wakeUp.wait();
    }
    draining.removeEventListener('abort', wake);
  }

  async #look(): Promise<void> {
    const { database, schedules, log } = this.#spec;
    try {
      const states = await scheduleStates(
        database,
        schedules.map(({ schedule }) => schedule),
      );
      for (const fired of schedules) await this.#fireAlone(fired, states.get(fired.schedule.name));
      await this.#tellPauses();
      await this.#forget();
    } catch (error) {
      const { code, text } = failureOf(error);
      log.warn('schedules cannot be looked at', { code, error: text });
    }
  }

  /** Fires one schedule. What fails here, be it a defect, leaves the others alone, and is tried again at the next look. */
  async #fireAlone(fired: FiredSchedule, state: ScheduleState | undefined): Promise<void> {
    try {
      await this.#fire(fired, state);
    } catch (error) {
      const { code, text } = failureOf(error);
      this.#spec.log.error('schedule cannot be fired', { schedule: fired.schedule.name, code, error: text });
    }
  }

  async #fire(fired: FiredSchedule, state: ScheduleState | undefined): Promise<void> {
    const { clock, meter } = this.#spec;
    const { name } = fired.schedule;
    const next = state && nextFireAt(state);
    meter.lateSince(name, earliest(state?.uncompletedSince ?? undefined, next));
    // One that nobody has seen before is made at this look, as this process wants it.
    meter.off(name, !(state ?? fired.pattern).isEnabled);
    if (state !== undefined && this.#unset.has(name)) this.#tellAhead(state);
    const isDue = next !== undefined && next <= clock.now();
    if (isDue || this.#unset.has(name)) await this.#fireAll(fired);
  }

  async #tellPauses(): Promise<void> {
    const { database, meter } = this.#spec;
    const schedules = this.#spec.schedules.map(({ schedule }) => schedule);
    const pauses = await listSchedulePauses(database);
    const swallowed = await swallowedFires(database, schedules);
    for (const { name } of schedules) {
      const count = swallowed.filter(({ schedule }) => schedule === name).length;
      meter.paused(name, pauses.find(({ schedule }) => schedule === name)?.pausedAt, count);
    }
  }

  /** Decides all that is due, a transaction after the other. */
  async #fireAll({ schedule, pattern, planVersion }: FiredSchedule): Promise<void> {
    const { database, clock, draining, holder, log, meter } = this.#spec;
    let look: Look;
    do {
      const wanted = this.#unset.has(schedule.name) ? pattern : undefined;
      look = await fireSchedule(database, { schedule, planVersion, now: clock.now(), wanted, holder });
      if (look.left !== 'unknown') this.#unset.delete(schedule.name);
      tellLook(schedule, look, { log, meter });
    } while (look.left === 'more' && !draining.aborted);
  }

  /** Where a clock was far ahead for a while, nothing fires until it is that time again: somebody has to know. */
  #tellAhead({ name, handledUntil }: ScheduleState): void {
    const { clock, log } = this.#spec;
    if (handledUntil.getTime() - clock.now().getTime() < aheadLimitMs) return;
    log.warn('schedule has fired for times to come, and fires nothing before', { schedule: name, asOf: handledUntil.toISOString() });
  }

  async #forget(): Promise<void> {
    const { clock, database, draining, keepDays, schedules } = this.#spec;
    if (clock.elapsedMs() - this.#forgotAtMs < forgetEveryMs) return;
    const forgettable = schedules.filter(({ schedule }) => schedule.isForgettable).map(({ schedule }) => schedule);
    await forgetRuns(database, forgettable, keepDays, draining);
    this.#forgotAtMs = clock.elapsedMs();
  }
}

function earliest(left: Date | undefined, right: Date | undefined): Date | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}
