import { Temporal } from 'temporal-polyfill';

/** What a pattern that names its times says, told without reading one. */
export interface NamedTimes {
  readonly zone: string;
  /** `HH:MM` */
  readonly times: readonly string[];
  /** Whether it fires on a day. */
  readonly isDay: (day: Temporal.PlainDate) => boolean;
}

/**
 * The instants of a span, reckoned day by day: a time that does not exist stands for the end of its gap, of a time that comes twice
 * the first counts, and an instant counts once.
 */
export function instantsOf({ zone, times, isDay }: NamedTimes, from: Date, until: Date): readonly Date[] {
  const dayOf = (at: Date): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone).toPlainDate();
  const instants = new Set<number>();
  for (let day = dayOf(from); Temporal.PlainDate.compare(day, dayOf(until)) <= 0; day = day.add({ days: 1 })) {
    if (!isDay(day)) continue;
    for (const time of times) instants.add(instantOf(day.toPlainDateTime(time), zone));
  }
  return [...instants]
    .filter((ms) => ms > from.getTime() && ms <= until.getTime())
    .sort((left, right) => left - right)
    .map((ms) => new Date(ms));
}

function instantOf(wall: Temporal.PlainDateTime, zone: string): number {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(wall)) return earlier.epochMilliseconds;
  return earlier.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.NaN;
}
