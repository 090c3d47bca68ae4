/** The middle of some numbers: of an even count the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  if (middle.length === 0) throw new RangeError('There is no median of no numbers.');
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The smallest of some numbers that a share of them, above 0 and at most 1, does not exceed. Throws on none. */
export function percentile(values: readonly number[], share: number): number {
  const found = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
  if (found === undefined) throw new RangeError('There is no percentile of no numbers.');
  return found;
}

/** How many times `other` a rate is, to three significant digits; null beside nothing. */
export function ratio(rate: number, other: number | null): number | null {
  return other === null ? null : Number((rate / other).toPrecision(3));
}
