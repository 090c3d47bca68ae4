import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import type { Clock } from '../../src/message/clock.ts';
import { readProjections, type Projection } from './balanceStore.ts';
import { readShown, type Shown } from './readShown.ts';

/** One thing that is wrong: a balance is not the sum of its rows in the ledger, or Redis shows something else than the ledger. */
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

/** Accounts by what Redis shows of them, as they were looked at first. */
export interface ShownCounts {
  /** The balance or a staged day stands there otherwise, or a staged day does not stand there. */
  readonly different: number;
  /** The balance does not stand there: Redis has lost it, or nobody has moved it for as long as it stands. That is no finding. */
  readonly balanceMissing: number;
}

/** What a check of all accounts found. */
export interface CheckedAccounts {
  readonly accounts: number;
  readonly notTheSum: number;
  /** Undefined where Redis did not answer. */
  readonly shown: ShownCounts | undefined;
  /** The first hundred of each kind, in the order of the users. */
  readonly findings: readonly AccountFinding[];
}

/** Compares accounts with the ledger, and with what Redis shows. */
export interface AccountChecks {
  /**
   * Reads all accounts, page by page. What Redis shows otherwise is looked at again a moment later, and is a finding where it still does and
   * the ledger has not moved: trades are in the ledger before they are in Redis. Where Redis does not answer, only the sums are checked.
   */
  check(): Promise<CheckedAccounts>;
}

/** Accounts that are compared at a time. */
const pageSize = 1_000;

const mostFindings = 100;

/** Accounts that are looked at again; more than trades have under way at once. */
const mostSuspects = 10_000;

/** How long what a trade has moved in the ledger may take to stand in Redis, in milliseconds. */
const momentMs = 2_000;

/** Checks a database and a store of keys. */
export function checkStore(database: Database, keyStore: Pick<KeyStore, 'run'>, clock: Pick<Clock, 'after'>): AccountChecks {
  const look = async (userIds: readonly bigint[]): Promise<readonly Looked[] | undefined> => {
    const projections = await readProjections(database, userIds);
    const shown = await readShown(keyStore, projections);
    return shown?.map((its, place) => lookedAt(projections[place] as Projection, its));
  };

  /** What is still shown otherwise, though the ledger has not moved; undefined where Redis does not answer. */
  const lookAgain = async (versions: ReadonlyMap<bigint, bigint>): Promise<readonly AccountFinding[] | undefined> => {
    if (versions.size > 0) await new Promise<void>((resolve) => void clock.after(momentMs, resolve));
    const suspects = [...versions.keys()];
    const findings: AccountFinding[] = [];
    for (let from = 0; from < suspects.length && findings.length < mostFindings; from += pageSize) {
      const looked = await look(suspects.slice(from, from + pageSize));
      if (looked === undefined) return undefined;
      const unmoved = looked.filter(({ userId, version }) => versions.get(userId) === version);
      findings.push(...unmoved.flatMap(({ differences }) => differences));
    }
    return findings.slice(0, mostFindings);
  };

  return {
    check: async () => {
      const sums: AccountFinding[] = [];
      const suspects = new Map<bigint, bigint>();
      let [accounts, notTheSum] = [0, 0];
      let shown: ShownCounts | undefined = { different: 0, balanceMissing: 0 };
      for (let after = 0n; ;) {
        const rows = await database.query<SumRow>({ text: sumsAfter, values: [after, pageSize] });
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.userId;
        accounts += rows.length;
        const wrong = rows.filter(({ found, expected }) => found !== expected);
        notTheSum += wrong.length;
        sums.push(...wrong.slice(0, mostFindings - sums.length).map(sumFinding));
        const looked: readonly Looked[] | undefined = shown && (await look(rows.map(({ userId }) => userId)));
        shown = shown && looked && counted(shown, looked);
        for (const { userId, version, differences } of looked ?? []) {
          if (differences.length > 0 && suspects.size < mostSuspects) suspects.set(userId, version);
        }
      }
      const differences = shown && (await lookAgain(suspects));
      return { accounts, notTheSum, shown: differences && shown, findings: [...sums, ...(differences ?? [])] };
    },
  };
}

/** What Redis shows of an account, beside its ledger of a version. */
interface Looked {
  readonly userId: bigint;
  readonly version: bigint;
  readonly isBalanceMissing: boolean;
  readonly differences: readonly AccountFinding[];
}

function lookedAt({ userId, version, balanceMinor, staged }: Projection, [balance, ...days]: Shown): Looked {
  const differs = (found: string | undefined, expected: bigint, when: string): readonly AccountFinding[] => {
    if (found === expected.toString()) return [];
    const says = `Of user ${userId} Redis shows ${found === undefined ? 'no' : 'another'} balance${when}.`;
    const foundMinor = found !== undefined && /^-?\d+$/.test(found) ? found : null;
    return [{ what: 'SHOWN', key: userId.toString(), says, foundMinor, expectedMinor: expected.toString() }];
  };
  const ofDays = staged.flatMap((one, place) => differs(days[place], one.balanceMinor, ` from ${one.day} on`));
  const isBalanceMissing = balance === undefined;
  return { userId, version, isBalanceMissing, differences: [...(isBalanceMissing ? [] : differs(balance, balanceMinor, '')), ...ofDays] };
}

function counted({ different, balanceMissing }: ShownCounts, looked: readonly Looked[]): ShownCounts {
  return {
    different: different + looked.filter(({ differences }) => differences.length > 0).length,
    balanceMissing: balanceMissing + looked.filter(({ isBalanceMissing }) => isBalanceMissing).length,
  };
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
