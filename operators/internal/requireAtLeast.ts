/** Throws a RangeError for a number that is too small: some options would otherwise make a stage wait for ever. */
export function requireAtLeast(option: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`${option} must be at least ${least}, and is ${value}.`);
}
