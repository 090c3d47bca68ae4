/** The middle of some numbers: of an even count the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  if (middle.length === 0) throw new RangeError('There is no median of no numbers.');
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** How many times `other` a rate is, to three significant digits; null beside nothing. */
export function ratio(rate: number, other: number | null): number | null {
  return other === null ? null : Number((rate / other).toPrecision(3));
}
