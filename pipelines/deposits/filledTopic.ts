/** What exchanges' programs write to Redis. */
export const filledTopic = {
  name: 'trades:filled',
  deadLetters: 'trades:filled:dlt',
  partitions: 1,
  maxSizeBytes: 65_536,
  isOnRedis: true,
} as const;
