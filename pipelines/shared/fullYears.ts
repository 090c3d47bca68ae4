/**
 * The full years from one date to another, both `YYYY-MM-DD`; zero when `to` is earlier. The anniversary of a 29 February is
 * 1 March where the year has no such day.
 */
export function fullYears(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  // Month and day compare as text.
  const complete = to.slice(5) >= from.slice(5) ? years : years - 1;
  return Math.max(0, complete);
}
