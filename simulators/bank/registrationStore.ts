/** A partner account that a client wants registered. */
export interface Registration {
  /** The client's own account. */
  readonly account: string;
  readonly partner: string;
  /** The account's number at the partner. */
  readonly accountNumber: string;
}

/** What a bank has decided about a registration, for ever. */
export interface DecidedRegistration extends Registration {
  readonly key: string;
  readonly status: 'REGISTERED' | 'REFUSED';
  readonly reason?: string;
  /** How often it was asked for; more than once is no double: it was decided once. */
  readonly requests: number;
}

/** The partner accounts of a bank, in memory, each under its idempotency key. */
export class RegistrationStore {
  readonly #byKey = new Map<string, DecidedRegistration>();
  readonly #refusedNumbers = new Map<string, string>();

  /** From now on a number is refused with a reason; undefined: taken again. What is decided stays so. */
  refuse(accountNumber: string, reason: string | undefined): void {
    if (reason === undefined) this.#refusedNumbers.delete(accountNumber);
    else this.#refusedNumbers.set(accountNumber, reason);
  }

  /** Decides a registration, or finds the one that has this key already; `conflict` when that one is another. */
  take(key: string, asked: Registration): DecidedRegistration | 'conflict' {
    const known = this.#byKey.get(key);
    if (known !== undefined && !isSame(known, asked)) return 'conflict';
    const decided = known === undefined ? this.#decide(key, asked) : { ...known, requests: known.requests + 1 };
    this.#byKey.set(key, decided);
    return decided;
  }

  find(key: string): DecidedRegistration | undefined {
    return this.#byKey.get(key);
  }

  /** Every registration, in the order they came. */
  record(): readonly DecidedRegistration[] {
    return [...this.#byKey.values()];
  }

  #decide(key: string, asked: Registration): DecidedRegistration {
    const reason = this.#refusedNumbers.get(asked.accountNumber);
    const decided = { ...asked, key, requests: 1 };
    return reason === undefined ? { ...decided, status: 'REGISTERED' } : { ...decided, status: 'REFUSED', reason };
  }
}

function isSame(one: Registration, other: Registration): boolean {
  return one.account === other.account && one.partner === other.partner && one.accountNumber === other.accountNumber;
}
