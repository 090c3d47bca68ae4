import { Temporal } from 'temporal-polyfill';
import { WeirError } from '../../src/errors.ts';

/** A stretch of time in which a zone keeps one offset: from the first instant up to, not including, the last. */
export interface ZoneStretch {
  /** Milliseconds of the epoch; -Infinity before the zone's first change. */
  readonly fromMs: number;
  /** Milliseconds of the epoch; Infinity after the last change that is known. */
  readonly untilMs: number;
  /** What to add to an instant for the wall clock of the zone, in milliseconds. */
  readonly offsetMs: number;
}

// Stretches that were asked for, by zone. A process asks for the zones of its members around its own time: a handful each. The
// bounds only stop odd input from growing the cache for ever.
const known = new Map<string, ZoneStretch[]>();
const maxZones = 1_000;
const maxStretches = 64;

/**
 * The stretch of a zone that holds an instant. The first look at a stretch asks the zone's rules (some milliseconds), later ones
 * only compare numbers. `undecodable` for a zone that does not exist.
 */
export function stretchAt(zone: string, epochMs: number): ZoneStretch {
  let stretches = known.get(zone);
  const hit = stretches?.find((stretch) => epochMs >= stretch.fromMs && epochMs < stretch.untilMs);
  if (hit !== undefined) return hit;
  const stretch = lookUp(zone, epochMs);
  if (stretches === undefined) {
    if (known.size >= maxZones) known.clear();
    known.set(zone, (stretches = []));
  }
  if (stretches.length >= maxStretches) stretches.length = 0;
  stretches.push(stretch);
  return stretch;
}

/** Whether the zone exists. */
export function isTimeZone(zone: string): boolean {
  if (known.has(zone)) return true;
  try {
    stretchAt(zone, 0);
    return true;
  } catch {
    return false;
  }
}

function lookUp(zone: string, epochMs: number): ZoneStretch {
  const at = zonedAt(zone, epochMs);
  // A change at this very instant begins the stretch, and `previous` looks only before its instant: hence one millisecond on.
  const began = zonedAt(zone, epochMs + 1).getTimeZoneTransition('previous');
  const ends = at.getTimeZoneTransition('next');
  return {
    fromMs: began?.epochMilliseconds ?? -Infinity,
    untilMs: ends?.epochMilliseconds ?? Infinity,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
}

function zonedAt(zone: string, epochMs: number): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone);
  } catch (error) {
    throw new WeirError('undecodable', `Unknown time zone ${JSON.stringify(zone.slice(0, 64))}.`, { cause: error });
  }
}
