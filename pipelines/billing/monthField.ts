import { z } from 'zod';
import { firstDay, parsePeriod, periodPattern } from '../shared/period.ts';

/** A billing month as operators write it, `YYYY-MM`. */
export const monthField = z.string().regex(periodPattern, 'expected a month as YYYY-MM');

/** The billing date of the bills of a month that operators wrote: its first day. */
export function billingDateOf(month: string): string {
  return firstDay(parsePeriod(month));
}
