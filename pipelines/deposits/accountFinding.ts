/** One thing that is wrong with an account: its balance is not the sum of its rows in the ledger, or Redis shows another. */
export interface AccountFinding {
  readonly what: 'BALANCE' | 'SHOWN';
  /** The number of the user. */
  readonly key: string;
  /** A sentence without personal data. */
  readonly says: string;
  /** What stands there, in minor units; null where nothing does, or no integer. */
  readonly foundMinor: string | null;
  /** What should. */
  readonly expectedMinor: string;
}
