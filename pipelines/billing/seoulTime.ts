/** Keys of billing runs are Seoul's wall time, nine hours ahead of UTC all year. */
const offset = '+09:00';
const offsetMs = 9 * 3_600_000;

/** The instant at which Seoul's clocks show a date and time: `2026-11-01`, `00:00`. Invalid for what is neither. */
export function seoulInstant(date: string, time = '00:00'): Date {
  return new Date(`${date}T${time}:00${offset}`);
}

/** The date and time that Seoul's clocks show at an instant: `2026-11-01T00:00`. */
export function seoulMinute(instant: Date): string {
  return new Date(instant.getTime() + offsetMs).toISOString().slice(0, 16);
}

/** The date in Seoul at an instant: `2026-11-01`. */
export function seoulDay(instant: Date): string {
  return seoulMinute(instant).slice(0, 10);
}
