/** Calls of a bank that are due. The key is the call's id. */
export const dueCallTopic = {
  name: 'remittance.bankCall',
  deadLetters: 'remittance.bankCall.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;

/** Calls that a bank has ended, done or refused, and that the ledger does not have yet. The key is the request's number. */
export const endedCallTopic = {
  name: 'remittance.callEnded',
  deadLetters: 'remittance.callEnded.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;

/** Requests whose money is on the pooled account; its name is known to other programs. The key is the request's number. */
export const depositedTopic = {
  name: 'remittance.deposited',
  deadLetters: 'remittance.deposited.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;
