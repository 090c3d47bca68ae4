import type { Logger } from '../../logging/logger.ts';
import type { Fire, Look } from './fireSchedule.ts';
import type { ScheduleMeter } from './runSchedules.ts';
import type { Pattern, Schedule } from './schedule.ts';

/** Logs what a look at a schedule came to, and counts what was missed. Fires that were left out alike are one line. */
export function tellLook({ name, job }: Schedule, { fires, change }: Look, { log, meter }: { log: Logger; meter: ScheduleMeter }): void {
  const missed = fires.filter(({ state }) => state === 'MISSED');
  if (missed.length > 0) meter.missed(name, missed.length);
  for (const { key, fireAt, state } of fires) {
    if (state === 'STARTED') log.info('schedule started a run', { schedule: name, job, key, asOf: fireAt.toISOString() });
  }
  for (const [reason, alike] of Map.groupBy(fires, (fire) => fire.reason)) {
    if (reason === null) continue;
    const fields = { schedule: name, job, ...spanOf(alike), count: alike.length, reason };
    if (alike[0]?.state === 'MISSED') log.warn('schedule missed fires', fields);
    else log.info('schedule skipped fires', fields);
  }
  if (change !== undefined) {
    log.info('schedule changed', { schedule: name, reason: `${patternText(change.before)} → ${patternText(change.after)}` });
  }
}

function spanOf(fires: readonly Fire[]): { readonly key?: string; readonly asOf?: string } {
  const [first] = fires;
  return first === undefined ? {} : { key: first.key, asOf: first.fireAt.toISOString() };
}

function patternText({ cron, zone, isEnabled }: Pattern): string {
  return `"${cron}" in ${zone}${isEnabled ? '' : ', disabled'}`;
}
