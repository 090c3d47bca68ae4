import type { Clock } from '../../message/clock.ts';
import type { Breaker } from '../../runtime/breaker.ts';
import { calendarTime } from '../calendarTime.ts';
import type { Attention } from './attention.ts';

/** That an outside system is away, since its breaker shut. */
export function breakerAttention(breaker: Pick<Breaker, 'name' | 'awaySinceMs'>, clock: Clock): readonly Attention[] {
  const sinceMs = breaker.awaySinceMs();
  if (sinceMs === undefined) return [];
  const since = calendarTime(clock, sinceMs).toISOString();
  return [{ level: 'page', view: '#/', since, text: `${breaker.name} is away: what needs it waits` }];
}
