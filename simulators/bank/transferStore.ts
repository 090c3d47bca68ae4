import type { BankLedger, RefusalReason, TransferKind } from './bankLedger.ts';

/** What is asked of a bank. */
export interface Order {
  readonly kind: TransferKind;
  readonly account: string;
  /** In minor units, above zero. */
  readonly amount: bigint;
}

/**
 * What became of an order: ACCEPTED, then for ever DONE or REFUSED.
 *
 *     – → ACCEPTED    taken under its key
 *     ACCEPTED → DONE    the money was moved
 *     ACCEPTED → REFUSED    it was not, and never will be under this key
 */
export interface Transfer extends Order {
  readonly key: string;
  readonly status: 'ACCEPTED' | 'DONE' | 'REFUSED';
  readonly reason?: RefusalReason;
  /** How often it was asked for; more than once is no double: it was carried out once. */
  readonly requests: number;
}

/** The transfers of a bank, in memory, each under its idempotency key. */
export class TransferStore {
  readonly #ledger: BankLedger;
  readonly #byKey = new Map<string, Transfer>();

  constructor(ledger: BankLedger) {
    this.#ledger = ledger;
  }

  /** Takes an order, or finds the one that has this key already; `conflict` when that one is another. `isNew` for the first. */
  take(key: string, order: Order): { readonly transfer: Transfer; readonly isNew: boolean } | 'conflict' {
    const known = this.#byKey.get(key);
    const isSame = known?.kind === order.kind && known.account === order.account && known.amount === order.amount;
    if (known !== undefined && !isSame) return 'conflict';
    const transfer: Transfer =
      known === undefined ? { ...order, key, status: 'ACCEPTED', requests: 1 } : { ...known, requests: known.requests + 1 };
    this.#byKey.set(key, transfer);
    return { transfer, isNew: known === undefined };
  }

  find(key: string): Transfer | undefined {
    return this.#byKey.get(key);
  }

  /** Carries an accepted order out, once. */
  execute(key: string): Transfer {
    const known = this.#byKey.get(key);
    if (known?.status !== 'ACCEPTED') throw new Error('only an accepted transfer is carried out');
    const reason = this.#ledger.move(known.kind, known.account, known.amount);
    const ended: Transfer = reason === undefined ? { ...known, status: 'DONE' } : { ...known, status: 'REFUSED', reason };
    this.#byKey.set(key, ended);
    return ended;
  }

  /** Every transfer, in the order they came. */
  record(): readonly Transfer[] {
    return [...this.#byKey.values()];
  }
}
