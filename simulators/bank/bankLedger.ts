/** MOVE_IN takes from a business for the pooled account; PAY_OUT and RETURN give to a business out of it. */
export type TransferKind = 'MOVE_IN' | 'PAY_OUT' | 'RETURN';

/** Why a bank does not move money. */
export type RefusalReason = 'INSUFFICIENT_FUNDS' | 'ACCOUNT_CLOSED' | 'ACCOUNT_UNKNOWN';

/** An account of a business. */
export interface BankAccount {
  readonly account: string;
  /** In minor units; never below zero. */
  readonly balance: bigint;
  readonly isClosed: boolean;
}

/**
 * The money of a bank: accounts of businesses and the pooled one, none ever below zero. Money is moved, never made:
 * `pooled` and all balances are together `broughtIn`.
 */
export class BankLedger {
  readonly #accounts = new Map<string, BankAccount>();
  #pooled = 0n;
  #broughtIn = 0n;

  /** What the bank holds for the pooled account, in minor units. */
  get pooled(): bigint {
    return this.#pooled;
  }

  /** What businesses have brought to the bank, in minor units. */
  get broughtIn(): bigint {
    return this.#broughtIn;
  }

  get accounts(): readonly BankAccount[] {
    return [...this.#accounts.values()];
  }

  /** Opens an account with so much money of its own; one that is there gets that much more, and is open again. */
  open(account: string, brought: bigint): void {
    if (brought < 0n) throw new Error('an account does not bring less than nothing');
    const balance = (this.#accounts.get(account)?.balance ?? 0n) + brought;
    this.#accounts.set(account, { account, balance, isClosed: false });
    this.#broughtIn += brought;
  }

  /** Closes an account: its money stays, nothing moves. */
  shut(account: string): void {
    const known = this.#accounts.get(account);
    if (known === undefined) throw new Error('no such account');
    this.#accounts.set(account, { ...known, isClosed: true });
  }

  /** Moves money, wholly or not at all; answers why not. */
  move(kind: TransferKind, account: string, amount: bigint): RefusalReason | undefined {
    const known = this.#accounts.get(account);
    if (known === undefined) return 'ACCOUNT_UNKNOWN';
    if (known.isClosed) return 'ACCOUNT_CLOSED';
    const toPool = kind === 'MOVE_IN' ? amount : -amount;
    const balance = known.balance - toPool;
    const pooled = this.#pooled + toPool;
    if (balance < 0n || pooled < 0n) return 'INSUFFICIENT_FUNDS';
    this.#accounts.set(account, { ...known, balance });
    this.#pooled = pooled;
    return undefined;
  }
}
