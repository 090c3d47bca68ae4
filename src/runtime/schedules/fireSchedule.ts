import type { Database, Transaction } from '../../connectors/database.ts';
import { decideFire } from './decideFire.ts';
import { fireTimes } from './fireTimes.ts';
import { hindranceOf } from './hindrance.ts';
import { openFireRun } from './openFireRun.ts';
import { changePattern, keepWanted, type PatternChange, type WantedPattern } from './changePattern.ts';
import type { Pattern, Schedule } from './schedule.ts';

/** A decided fire, as the ledger has it. */
export interface Fire {
  readonly fireAt: Date;
  /** Of the run that it opened, or would have opened. */
  readonly key: string;
  readonly state: 'STARTED' | 'SKIPPED' | 'MISSED';
  readonly runId: bigint | null;
  readonly reason: string | null;
  /** Whose pause has swallowed it. */
  readonly pausedBy?: string;
}

/** What one look at a schedule came to. */
export interface Look {
  readonly fires: readonly Fire[];
  /**
   * What is due and not decided: nothing; more than one transaction takes; fires that wait for a run; or nobody can tell, since
   * another process is looking.
   */
  readonly left: 'nothing' | 'more' | 'waiting' | 'unknown';
  /** How the row was changed to what this process wants. */
  readonly change: PatternChange | undefined;
}

/** What a look needs besides the database. */
export interface FireRequest {
  readonly schedule: Schedule;
  readonly planVersion: number;
  readonly now: Date;
  /**
   * What people have set in this process, until a look has written it; undefined afterwards, so that of two processes with different
   * options the one that was started last prevails, not both in turn.
   */
  readonly wanted: Pattern | undefined;
  /** Name of this process, for the audit of a change. */
  readonly holder: string;
}

/** Fires that one transaction decides at most: a daemon that was away for months works through them in small steps. */
const mostFires = 500;

interface ScheduleRow extends Pattern {
  readonly handledUntil: Date;
  /** What comes into force once everything that is due is decided. */
  readonly wanted: WantedPattern | null;
  readonly pausedBy: string | null;
  readonly pausedAt: Date | null;
}

/**
 * Decides the due fires of a schedule, oldest first, in one transaction: runs, fires and `handled_until`, all or nothing. It holds
 * the schedule's row, so that no two processes decide one fire; a second one does not wait.
 *
 * A schedule that nobody has seen before begins now, and does not fire into the past. What a process wants of it is written at its
 * first look, over what another wanted before. It comes into force, by whichever process, when everything that was due before is
 * decided as the schedule stood then, and counts from that moment; disabling counts at once.
 */
export async function fireSchedule(database: Database, request: FireRequest): Promise<Look> {
  return database.withTransaction(async (transaction) => {
    const row = await takeRow(transaction, request);
    if (row === undefined) return { fires: [], left: 'unknown', change: undefined };
    const wanted = request.wanted === undefined ? (row.wanted ?? undefined) : { ...request.wanted, by: request.holder };
    const { fires, left } = await decideDue(transaction, request, { ...row, isEnabled: row.isEnabled && (wanted?.isEnabled ?? true) });
    await recordFires(transaction, request.schedule.name, fires);
    if (wanted === undefined) return { fires, left, change: undefined };
    const { name } = request.schedule;
    if (left === 'nothing') return { fires, left, change: await changePattern(transaction, { name, wanted, now: request.now }, row) };
    if (request.wanted !== undefined) await keepWanted(transaction, name, wanted, row);
    return { fires, left, change: undefined };
  });
}

/** Locks the row of the schedule, making it where there is none. Undefined while another process holds it. */
async function takeRow(transaction: Transaction, { schedule, wanted, now }: FireRequest): Promise<ScheduleRow | undefined> {
  if (wanted !== undefined) {
    await transaction.execute({
      text: `
        INSERT INTO weir.schedule (name, job, cron, zone, is_enabled, first_seen_at, handled_until) VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (name) DO NOTHING`,
      values: [schedule.name, schedule.job, wanted.cron, wanted.zone, wanted.isEnabled, now],
    });
  }
  const [row] = await transaction.query<ScheduleRow>({
    name: 'weir-schedule-take',
    text: `
      SELECT cron, zone, is_enabled AS "isEnabled", handled_until AS "handledUntil", wanted,
        pause.actor AS "pausedBy", pause.paused_at AS "pausedAt"
      FROM weir.schedule LEFT JOIN weir.schedule_pause pause ON pause.schedule = name
      WHERE name = $1 FOR UPDATE OF schedule SKIP LOCKED`,
    values: [schedule.name],
  });
  return row;
}

async function decideDue(transaction: Transaction, request: FireRequest, row: ScheduleRow): Promise<Pick<Look, 'fires' | 'left'>> {
  const { now } = request;
  const times = fireTimes(row.cron, row.zone);
  const dueAfter = (instant: Date): Date | undefined => {
    const next = times.after(instant);
    return next !== undefined && next <= now ? next : undefined;
  };
  const pause = row.pausedBy === null || row.pausedAt === null ? undefined : { actor: row.pausedBy, pausedAt: row.pausedAt };
  const facts = { isEnabled: row.isEnabled, pause };
  const fires: Fire[] = [];
  for (let fireAt = dueAfter(row.handledUntil); fireAt !== undefined;) {
    if (fires.length === mostFires) return { fires, left: 'more' };
    const next = dueAfter(fireAt);
    const fire = await decide(transaction, request, fireAt, { now, ...facts, isLatest: next === undefined });
    if (fire === 'wait') return { fires, left: 'waiting' };
    fires.push(fire);
    fireAt = next;
  }
  return { fires, left: 'nothing' };
}

async function decide(
  transaction: Transaction,
  { schedule, planVersion }: FireRequest,
  fireAt: Date,
  moment: Parameters<typeof decideFire>[1],
): Promise<Fire | 'wait'> {
  const key = schedule.keyOf(fireAt);
  const decision = decideFire(fireAt, moment, schedule);
  if (decision.state === 'wait') return 'wait';
  if (decision.state !== 'start') return { fireAt, key, runId: null, ...decision };
  const hindrance = await hindranceOf(transaction, schedule, fireAt);
  if (hindrance === 'wait') return 'wait';
  if (hindrance !== undefined) return { fireAt, key, runId: null, state: 'SKIPPED', reason: hindrance.reason };
  const opened = await openFireRun(transaction, { job: schedule.job, key, planVersion });
  return 'runId' in opened
    ? { fireAt, key, state: 'STARTED', runId: opened.runId, reason: null }
    : { fireAt, key, state: 'SKIPPED', runId: null, reason: opened.reason };
}

async function recordFires(transaction: Transaction, schedule: string, fires: readonly Fire[]): Promise<void> {
  const last = fires.at(-1);
  if (last === undefined) return;
  await transaction.execute({
    name: 'weir-schedule-record-fires',
    text: `
      INSERT INTO weir.schedule_fire (schedule, fire_at, state, run_id, reason, paused_by)
      SELECT $1, fire_at, state, run_id, reason, paused_by
      FROM unnest($2::timestamptz[], $3::text[], $4::bigint[], $5::text[], $6::text[]) AS fire (fire_at, state, run_id, reason, paused_by)`,
    values: [
      schedule,
      fires.map(({ fireAt }) => fireAt),
      fires.map(({ state }) => state),
      fires.map(({ runId }) => runId),
      fires.map(({ reason }) => reason),
      fires.map(({ pausedBy }) => pausedBy ?? null),
    ],
  });
  await transaction.execute({
    name: 'weir-schedule-handled',
    text: 'UPDATE weir.schedule SET handled_until = $2 WHERE name = $1',
    values: [schedule, last.fireAt],
  });
}
