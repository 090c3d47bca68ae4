import type { AccountFinding } from './accountFinding.ts';
import type { Projection } from './balanceStore.ts';
import type { Shown } from './shownStore.ts';

/** What Redis shows of a user beside the ledger. */
export interface Compared {
  readonly userId: bigint;
  /** Of the ledger. */
  readonly version: bigint;
  /** Of the ledger, when Redis was last written; undefined where that is not known. */
  readonly shownVersion: bigint | undefined;
  readonly isBalanceMissing: boolean;
  /** What is shown otherwise than this version of the ledger has it. */
  readonly differences: readonly AccountFinding[];
}

/** Compares an account with what Redis shows of it. No balance there is no difference: it goes with its time to live. */
export function compareShown({ userId, version, balanceMinor, staged }: Projection, shown: Shown): Compared {
  const differs = (found: string | undefined, expected: bigint, when: string): readonly AccountFinding[] => {
    if (found === expected.toString()) return [];
    const says = `Of user ${userId} Redis shows ${found === undefined ? 'no' : 'another'} balance${when}.`;
    const foundMinor = found !== undefined && /^-?\d{1,19}$/.test(found) ? found : null;
    return [{ what: 'SHOWN', key: userId.toString(), says, foundMinor, expectedMinor: expected.toString() }];
  };
  const isBalanceMissing = shown.balance === undefined;
  return {
    ...{ userId, version, shownVersion: shown.version, isBalanceMissing },
    differences: [
      ...(isBalanceMissing ? [] : differs(shown.balance, balanceMinor, '')),
      ...staged.flatMap((one, place) => differs(shown.staged[place], one.balanceMinor, ` from ${one.day} on`)),
    ],
  };
}

/** Whether Redis shows less than a version of the ledger. */
export function isBehind({ shownVersion }: Pick<Compared, 'shownVersion'>, version: bigint): boolean {
  return shownVersion === undefined || shownVersion < version;
}
