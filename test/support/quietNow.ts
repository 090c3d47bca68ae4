import { seoulMinute } from '../../pipelines/shared/seoulTime.ts';
import type { QuietHours } from '../../pipelines/shared/quietHours.ts';

/** Quiet hours of Seoul that began two hours ago and last two hours more, whatever the time of day is. */
export function quietNow(): QuietHours {
  const twoHoursMs = 2 * 3_600_000;
  const timeAt = (atMs: number): string => seoulMinute(new Date(atMs)).slice(11);
  const nowMs = Date.now();
  return { start: timeAt(nowMs - twoHoursMs), end: timeAt(nowMs + twoHoursMs), zone: 'Asia/Seoul' };
}
