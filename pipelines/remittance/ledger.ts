/** What a transfer is for; each once for a request. */
export type TransferKind = 'MOVED_IN' | 'WITHDRAWN' | 'PAID_OUT' | 'REVERSED' | 'SENT_BACK' | 'RETURNED' | 'SUSPENDED' | 'RELEASED';

/** Money that goes from one account to another: double entry in one row. */
export interface Transfer {
  readonly requestId: bigint;
  readonly kind: TransferKind;
  /** Has less afterwards. */
  readonly debitAccountId: bigint;
  /** Has more. */
  readonly creditAccountId: bigint;
  /** Above zero. */
  readonly amountMinor: bigint;
}

/** Whether a transfer is in the ledger now, or its account has too little for it. */
export type Verdict = 'posted' | 'insufficient';

/** An account under its lock. */
export interface Balance {
  readonly balanceMinor: bigint;
  /** A business's own bank account may: the bank says what is there. */
  readonly mayBeNegative: boolean;
}

/** What is to be written of a chunk. */
export interface Booked {
  /** One for each transfer, in their order. */
  readonly verdicts: readonly Verdict[];
  /** How much more each account has; accounts that have as much as before are left out. */
  readonly changes: ReadonlyMap<bigint, bigint>;
}

/**
 * Books transfers one request after another, in the order in which they first occur: those of one request together or not at all. No
 * account but those that may falls below zero, not between two transfers either; whoever finds too little leaves the others alone.
 */
export function bookTransfers(balances: ReadonlyMap<bigint, Balance>, transfers: readonly Transfer[]): Booked {
  const changes = new Map<bigint, bigint>();
  const posted = new Set<bigint>();
  for (const [requestId, ofRequest] of Map.groupBy(transfers, (transfer) => transfer.requestId)) {
    const after = changesAfter(balances, changes, ofRequest);
    if (after === undefined) continue;
    posted.add(requestId);
    for (const [accountId, change] of after) changes.set(accountId, change);
  }
  return {
    verdicts: transfers.map(({ requestId }) => (posted.has(requestId) ? 'posted' : 'insufficient')),
    changes: new Map([...changes].filter(([, change]) => change !== 0n)),
  };
}

/** The changes of the accounts that these transfers touch; undefined where one of them has too little. */
function changesAfter(
  balances: ReadonlyMap<bigint, Balance>,
  before: ReadonlyMap<bigint, bigint>,
  transfers: readonly Transfer[],
): ReadonlyMap<bigint, bigint> | undefined {
  const changes = new Map<bigint, bigint>();
  const changeOf = (accountId: bigint): bigint => changes.get(accountId) ?? before.get(accountId) ?? 0n;
  for (const { debitAccountId, creditAccountId, amountMinor } of transfers) {
    const { balanceMinor, mayBeNegative } = balanceOf(balances, debitAccountId);
    const change = changeOf(debitAccountId) - amountMinor;
    if (!mayBeNegative && balanceMinor + change < 0n) return undefined;
    changes.set(debitAccountId, change);
    changes.set(creditAccountId, changeOf(creditAccountId) + amountMinor);
  }
  return changes;
}

function balanceOf(balances: ReadonlyMap<bigint, Balance>, accountId: bigint): Balance {
  const balance = balances.get(accountId);
  if (balance === undefined) throw new TypeError(`a transfer takes from an account that is not locked: ${accountId}`);
  return balance;
}
