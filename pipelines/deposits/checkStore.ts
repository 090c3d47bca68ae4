import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import type { Clock } from '../../src/message/clock.ts';
import type { AccountFinding } from './accountFinding.ts';
import { readProjections } from './balanceStore.ts';
import { compareShown, isBehind, type Compared } from './compareShown.ts';
import { readShown } from './shownStore.ts';

/** What a check of all accounts found. */
export interface Checked {
  readonly accounts: number;
  /** Accounts whose balance is not the sum of their rows. */
  readonly notTheSum: number;
  /** Undefined where Redis did not answer. */
  readonly shown: CheckedShown | undefined;
  /** The first hundred of each kind. */
  readonly findings: readonly AccountFinding[];
}

/** Accounts by what Redis shows of them. */
export interface CheckedShown {
  /** It shows something else than what was written there of the ledger as it is. */
  readonly different: number;
  /** It shows what was before: a night or trades are under way, a night could not write there, or it has lost something. */
  readonly behind: number;
  /** It shows no balance, which goes with its time to live: that is as it should be. */
  readonly balanceMissing: number;
}

/** Compares accounts with the ledger, and with what Redis shows. */
export interface CheckStore {
  /**
   * Reads all accounts, page by page. Trades and nights are in the ledger before they are in Redis: what is behind is looked at again a
   * moment later, and counts where it still has not come to where the ledger was. Where Redis does not answer, only the sums are checked.
   */
  check(): Promise<Checked>;
}

/** Accounts that are compared at a time. */
const pageSize = 1_000;

const mostFindings = 100;

/** Accounts that are looked at again. Where more are behind, it is no trades that are under way: the others count without. */
const mostSuspects = 10_000;

/** How long what a trade has moved in the ledger may take to stand in Redis, in milliseconds. */
const momentMs = 2_000;

/** Checks a database and a store of keys. */
export function checkStore(database: Database, keyStore: Pick<KeyStore, 'runScript'>, clock: Pick<Clock, 'after'>): CheckStore {
  return { check: () => new Check(database, keyStore, clock).run() };
}

/** One check. */
class Check {
  readonly #database: Database;
  readonly #keyStore: Pick<KeyStore, 'runScript'>;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #sums: AccountFinding[] = [];
  readonly #differences: AccountFinding[] = [];
  /** Where the ledger of those was that are to be looked at again, by user. */
  readonly #suspects = new Map<bigint, bigint>();
  #isReached = true;
  #accounts = 0;
  #notTheSum = 0;
  #different = 0;
  #behind = 0;
  #balanceMissing = 0;

  constructor(database: Database, keyStore: Pick<KeyStore, 'runScript'>, clock: Pick<Clock, 'after'>) {
    this.#database = database;
    this.#keyStore = keyStore;
    this.#clock = clock;
  }

  async run(): Promise<Checked> {
    for (let after = 0n; ;) {
      const rows = await this.#database.query<SumRow>({ text: sumsAfter, values: [after, pageSize] });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.userId;
      this.#addSums(rows);
      for (const one of await this.#compare(rows.map(({ userId }) => userId))) this.#judge(one);
    }
    await this.#lookAgain();
    return {
      ...{ accounts: this.#accounts, notTheSum: this.#notTheSum },
      shown: this.#isReached ? { different: this.#different, behind: this.#behind, balanceMissing: this.#balanceMissing } : undefined,
      findings: [...this.#sums, ...(this.#isReached ? this.#differences : [])],
    };
  }

  #addSums(rows: readonly SumRow[]): void {
    const wrong = rows.filter(({ found, expected }) => found !== expected);
    this.#accounts += rows.length;
    this.#notTheSum += wrong.length;
    this.#sums.push(...wrong.slice(0, mostFindings - this.#sums.length).map(sumFinding));
  }

  /** What Redis shows of these users beside the ledger; nothing from where it does not answer on. */
  async #compare(userIds: readonly bigint[]): Promise<readonly Compared[]> {
    if (!this.#isReached) return [];
    const projections = await readProjections(this.#database, userIds);
    const shown = await readShown(this.#keyStore, projections);
    this.#isReached = shown !== undefined;
    return projections.flatMap((projection, place) => {
      const its = shown?.[place];
      return its === undefined ? [] : [compareShown(projection, its)];
    });
  }

  #judge(one: Compared): void {
    if (one.isBalanceMissing) this.#balanceMissing += 1;
    if (one.differences.length === 0) return;
    if (one.shownVersion === one.version) this.#differs(one);
    else if (this.#suspects.size < mostSuspects) this.#suspects.set(one.userId, one.version);
    else this.#behind += 1;
  }

  #differs({ differences }: Compared): void {
    this.#different += 1;
    this.#differences.push(...differences.slice(0, mostFindings - this.#differences.length));
  }

  async #lookAgain(): Promise<void> {
    if (this.#suspects.size === 0) return;
    await new Promise<void>((resolve) => void this.#clock.after(momentMs, resolve));
    const userIds = [...this.#suspects.keys()];
    for (let from = 0; from < userIds.length; from += pageSize) {
      for (const one of await this.#compare(userIds.slice(from, from + pageSize))) this.#judgeAgain(one);
    }
  }

  /** What has come to where the ledger was at the first look is under way. Ahead of a ledger that stands: the database has been restored. */
  #judgeAgain(one: Compared): void {
    const before = this.#suspects.get(one.userId);
    if (one.differences.length === 0 || before === undefined) return;
    if (isBehind(one, before)) this.#behind += 1;
    else if (one.shownVersion === one.version || (one.version === before && !isBehind(one, one.version))) this.#differs(one);
  }
}

/** Amounts as text: a sum may be larger than any balance. */
interface SumRow {
  readonly userId: bigint;
  readonly found: string;
  readonly expected: string;
}

function sumFinding({ userId, found, expected }: SumRow): AccountFinding {
  const says = `The balance of user ${userId} is not the sum of its rows in the ledger.`;
  return { what: 'BALANCE', key: userId.toString(), says, foundMinor: found, expectedMinor: expected };
}

const sumsAfter = `
  SELECT account.user_id AS "userId", account.balance_minor::text AS found, coalesce((
      SELECT sum(amount_minor) FROM deposits.ledger WHERE user_id = account.user_id AND applied_on IS NOT NULL
    ), 0)::text AS expected
  FROM deposits.account WHERE user_id > $1 ORDER BY user_id LIMIT $2`;
