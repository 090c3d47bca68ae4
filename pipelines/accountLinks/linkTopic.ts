/** Requests to register partner accounts; its name is known to other programs, which write to it. */
export const linkTopic = {
  name: 'account-links',
  deadLetters: 'account-links:dlt',
  partitions: 1,
  maxSizeBytes: 4_096,
  isOnRedis: true,
} as const;
