import { numbered } from '../numbered.ts';

/** How a charge stands. */
export type ChargeStatus = 'APPROVED' | 'DECLINED' | 'PENDING';

/** A charge as it is put in. */
export interface NewCharge {
  /** The shop's name for it. The same again changes the charge, its refunds and its transaction key stay. */
  readonly paymentNumber: string;
  /** The gateway's name for it. Default: one that the shop has never heard of. */
  readonly transactionKey?: string | undefined;
  /** In minor units. */
  readonly amount: bigint;
  readonly status: ChargeStatus;
  /** Until then, in milliseconds, it is PENDING. Default: it is at once what `status` says. */
  readonly settlesAfterMs?: number | undefined;
}

/** Money that went back. */
export interface Refund {
  readonly refundId: string;
  readonly idempotencyKey: string;
  /** In minor units. */
  readonly amount: bigint;
  readonly askedAt: Date;
  /** How often it was asked for; more than once is no double: it was made once. */
  readonly requests: number;
}

/** A charge with what became of it. */
export interface Charge {
  readonly paymentNumber: string;
  readonly transactionKey: string;
  /** In minor units. */
  readonly amount: bigint;
  readonly status: ChargeStatus;
  readonly refunds: readonly Refund[];
}

/** Why a refund is not made: no such charge, its key belongs to another refund, or the charge is not paid or has too little left. */
export type RefundRefusal = 'unknown' | 'conflict' | 'notRefundable';

interface Entry {
  readonly charge: Omit<Charge, 'refunds'>;
  readonly settlesAt: number;
  readonly refunds: Map<string, Refund>;
}

/** The charges of a gateway, in memory, each under its payment number and transaction key; refunds each under their idempotency key. */
export class ChargeStore {
  readonly #now: () => Date;
  readonly #refundsTakeMs: number;
  readonly #byNumber = new Map<string, Entry>();
  readonly #byKey = new Map<string, Entry>();
  readonly #byRefundKey = new Map<string, Entry>();
  readonly #newKey = numbered('tx');
  readonly #newRefund = numbered('refund');

  constructor(now: () => Date, refundsTakeMs: number) {
    this.#now = now;
    this.#refundsTakeMs = refundsTakeMs;
  }

  put({ paymentNumber, transactionKey, amount, status, settlesAfterMs = 0 }: NewCharge): Charge {
    const known = this.#byNumber.get(paymentNumber);
    const key = transactionKey ?? known?.charge.transactionKey ?? this.#newKey();
    const other = this.#byKey.get(key);
    if (other !== known) throw new Error('the transaction key is that of another charge');
    const entry: Entry = {
      charge: { paymentNumber, transactionKey: key, amount, status },
      settlesAt: this.#now().getTime() + settlesAfterMs,
      refunds: known?.refunds ?? new Map<string, Refund>(),
    };
    this.#byNumber.set(paymentNumber, entry);
    this.#byKey.set(key, entry);
    for (const refundKey of entry.refunds.keys()) this.#byRefundKey.set(refundKey, entry);
    return this.#seen(entry);
  }

  byNumber(paymentNumber: string): Charge | undefined {
    const entry = this.#byNumber.get(paymentNumber);
    return entry && this.#seen(entry);
  }

  byKey(transactionKey: string): Charge | undefined {
    const entry = this.#byKey.get(transactionKey);
    return entry && this.#seen(entry);
  }

  /** The refund with this key and its charge. */
  refund(idempotencyKey: string): { readonly refund: Refund; readonly charge: Charge } | undefined {
    const entry = this.#byRefundKey.get(idempotencyKey);
    const refund = entry?.refunds.get(idempotencyKey);
    return entry && refund && { refund, charge: this.#seen(entry) };
  }

  isDone({ askedAt }: Refund): boolean {
    return this.#now().getTime() >= askedAt.getTime() + this.#refundsTakeMs;
  }

  /** Gives money of a charge back, or finds the refund that has this key already. */
  giveBack(transactionKey: string, idempotencyKey: string, amount: bigint): Refund | RefundRefusal {
    const entry = this.#byKey.get(transactionKey);
    const known = this.#byRefundKey.get(idempotencyKey);
    if (entry === undefined) return 'unknown';
    const refund = known?.refunds.get(idempotencyKey);
    if (refund !== undefined) {
      if (known !== entry || refund.amount !== amount) return 'conflict';
      return this.#keep(entry, { ...refund, requests: refund.requests + 1 });
    }
    const { status, amount: paid, refunds } = this.#seen(entry);
    const left = refunds.reduce((rest, { amount: returned }) => rest - returned, paid);
    if (status !== 'APPROVED' || amount > left) return 'notRefundable';
    return this.#keep(entry, { refundId: this.#newRefund(), idempotencyKey, amount, askedAt: this.#now(), requests: 1 });
  }

  /** Every charge with its refunds, in the order they were put in. */
  record(): readonly Charge[] {
    return [...this.#byNumber.values()].map((entry) => this.#seen(entry));
  }

  #keep(entry: Entry, refund: Refund): Refund {
    entry.refunds.set(refund.idempotencyKey, refund);
    this.#byRefundKey.set(refund.idempotencyKey, entry);
    return refund;
  }

  #seen({ charge, settlesAt, refunds }: Entry): Charge {
    const status = this.#now().getTime() >= settlesAt ? charge.status : 'PENDING';
    return { ...charge, status, refunds: [...refunds.values()] };
  }
}
