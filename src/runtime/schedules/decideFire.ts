import type { Schedule } from './schedule.ts';

/** What becomes of a fire: it starts a run, is recorded with its reason, or waits undecided. `pausedBy`: whose pause it fell to. */
export type FireDecision =
  | { readonly state: 'start' }
  | { readonly state: 'wait' }
  | { readonly state: 'SKIPPED' | 'MISSED'; readonly reason: string; readonly pausedBy?: string };

/** What a fire is decided by. */
export interface FireMoment {
  readonly now: Date;
  /** No later fire of its schedule is due. */
  readonly isLatest: boolean;
  readonly isEnabled: boolean;
  /** Who has paused it and when; undefined where nobody has. */
  readonly pause: { readonly actor: string; readonly pausedAt: Date } | undefined;
}

/**
 * A fire that is found so much later was seen by no process: those that run look every few seconds, also after a short outage of
 * the database. In milliseconds.
 */
export const graceMs = 60_000;

/**
 * Decides about a due fire by the policies of its schedule.
 *
 * A pause skips what comes while it lasts. What was due before it and has not begun, since it waits for other work or came a moment earlier, is
 * not dropped by it: it waits, and is told as late, until the pause ends; what comes behind it waits with it. A sweep is skipped either way,
 * since its next run does what was due.
 */
export function decideFire(
  fireAt: Date,
  { now, isLatest, isEnabled, pause }: FireMoment,
  { misfire, maxAgeMs, isForgettable }: Pick<Schedule, 'misfire' | 'maxAgeMs' | 'isForgettable'>,
): FireDecision {
  const ageMs = now.getTime() - fireAt.getTime();
  if (!isEnabled) return { state: 'SKIPPED', reason: 'the schedule is disabled' };
  if (pause !== undefined) {
    if (!isForgettable && fireAt <= pause.pausedAt) return { state: 'wait' };
    return { state: 'SKIPPED', reason: `${pause.actor} has paused the schedule`, pausedBy: pause.actor };
  }
  if (ageMs > maxAgeMs) return { state: 'MISSED', reason: `found ${seconds(ageMs)} late, and ${seconds(maxAgeMs)} is the most` };
  if (misfire === 'skip' && ageMs > graceMs) return { state: 'MISSED', reason: `found ${seconds(ageMs)} late` };
  if (misfire === 'runOnce' && !isLatest) return { state: 'MISSED', reason: 'found late, and a later fire takes its place' };
  return { state: 'start' };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
