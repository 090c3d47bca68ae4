/** How long a server takes: log-normal, as real ones do, so that a few answers take much longer than most. */
export interface Latency {
  readonly meanMs: number;
  /** Of the logarithm; 0: always the mean. At 1 one answer in a hundred takes six times the mean or longer. Default 0. */
  readonly sigma?: number;
}

/** A function that draws how long the next answer takes, in milliseconds, by the given chance. The mean is kept whatever sigma is. */
export function latencyDraws({ meanMs, sigma = 0 }: Latency, random: () => number): () => number {
  return () => (meanMs === 0 ? 0 : meanMs * Math.exp(sigma * normal(random) - sigma ** 2 / 2));
}

/** Box and Muller's; the logarithm is never asked of 0. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
