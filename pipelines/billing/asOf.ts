import { WeirError } from '../../src/errors.ts';
import { seoulMinute } from '../shared/seoulTime.ts';

const minuteMs = 60_000;
const longPastMs = 60 * minuteMs;

/** A minute of Seoul's clocks as people read it, with how far it is from now: `2026-11-21 20:46 Seoul (9 h ago)`. */
export function asOfText(asOf: Date, now: Date): string {
  const minutes = Math.round((now.getTime() - asOf.getTime()) / minuteMs);
  const far = distanceText(Math.abs(minutes));
  const distance = minutes === 0 ? 'now' : minutes > 0 ? `${far} ago` : `in ${far}`;
  return `${seoulMinute(asOf).replace('T', ' ')} Seoul (${distance})`;
}

function distanceText(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** Where it is told at which time a run looks. */
export interface AsOfLog {
  info(sentence: string, fields: AsOfFields): void;
  warn(sentence: string, fields: AsOfFields): void;
}

interface AsOfFields {
  readonly key: string;
  readonly asOf: string;
}

/**
 * Says at which time a run looks, since whoever gave its key may have meant UTC, whose figures are nine hours ahead or behind:
 * warns of one that is more than an hour old, throws `invalidKey` for one that is more than a minute ahead, which clocks of two
 * machines may differ by.
 */
export function tellAsOf(asOf: Date, now: Date, log: AsOfLog): void {
  const aheadMs = asOf.getTime() - now.getTime();
  const fields = { key: seoulMinute(asOf), asOf: asOfText(asOf, now) };
  if (aheadMs > minuteMs) {
    const text = `${fields.asOf} has not come: the key is a minute of Seoul's clocks, which show ${seoulMinute(now)} now.`;
    throw new WeirError('invalidKey', text);
  }
  if (aheadMs < -longPastMs) log.warn('looks at a time long past, and leaves what came due since: keys are minutes of Seoul', fields);
  else log.info('looks at a time', fields);
}
