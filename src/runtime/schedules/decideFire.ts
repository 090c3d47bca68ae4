import type { Schedule } from './schedule.ts';

/** What becomes of a fire: it starts a run, or is recorded with its reason. */
export type FireDecision = { readonly state: 'start' } | { readonly state: 'SKIPPED' | 'MISSED'; readonly reason: string };

/** What a fire is decided by. */
export interface FireMoment {
  readonly now: Date;
  /** No later fire of its schedule is due. */
  readonly isLatest: boolean;
  readonly isEnabled: boolean;
  /** Who has paused it; undefined where nobody has. */
  readonly pausedBy: string | undefined;
}

/**
 * A fire that is found so much later was seen by no process: those that run look every few seconds, also after a short outage of
 * the database. In milliseconds.
 */
export const graceMs = 60_000;

/** Decides about a due fire by the policies of its schedule. */
export function decideFire(
  fireAt: Date,
  { now, isLatest, isEnabled, pausedBy }: FireMoment,
  { misfire, maxAgeMs }: Pick<Schedule, 'misfire' | 'maxAgeMs'>,
): FireDecision {
  const ageMs = now.getTime() - fireAt.getTime();
  if (!isEnabled) return { state: 'SKIPPED', reason: 'the schedule is disabled' };
  if (pausedBy !== undefined) return { state: 'SKIPPED', reason: `${pausedBy} has paused the schedule` };
  if (ageMs > maxAgeMs) return { state: 'MISSED', reason: `found ${seconds(ageMs)} late, and ${seconds(maxAgeMs)} is the most` };
  if (misfire === 'skip' && ageMs > graceMs) return { state: 'MISSED', reason: `found ${seconds(ageMs)} late` };
  if (misfire === 'runOnce' && !isLatest) return { state: 'MISSED', reason: 'found late, and a later fire takes its place' };
  return { state: 'start' };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
