/**
 * What can be wrong with the books: the sum over all accounts, the balance of one, the records of a remittance, whether it is parked as its
 * failures are, a call about which the bank contradicts itself.
 */
export type BooksFlaw = 'SUM' | 'BALANCE' | 'RECORDS' | 'PARK' | 'CONTRADICTION';

/** One thing that is wrong. */
export interface BooksFinding {
  readonly what: BooksFlaw;
  /** Of the account, the remittance or the call; null for the sum over all. */
  readonly key: string | null;
  /** A sentence without personal data. */
  readonly says: string;
  /** What stands there. */
  readonly foundMinor: bigint;
  /** What should; null where that is not about an amount. */
  readonly expectedMinor: bigint | null;
}
