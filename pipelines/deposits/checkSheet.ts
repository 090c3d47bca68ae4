import type { AccountFinding, CheckedAccounts } from './checkStore.ts';

/** A check of all accounts, as operators read it. */
export type CheckSheet = Readonly<Record<'result', string> & Record<'accounts' | 'notTheSum', number>> &
  (Readonly<Record<'differentInRedis' | 'balanceMissing', number>> | { readonly redis: 'unreachable' }) & {
    readonly findings: readonly (AccountFinding & Readonly<Record<string, string | null>>)[];
  };

export function checkSheet({ accounts, notTheSum, shown, findings }: CheckedAccounts): CheckSheet {
  return {
    result: resultOf(findings.length > 0, shown !== undefined),
    ...{ accounts, notTheSum },
    ...(shown === undefined ? { redis: 'unreachable' } : { differentInRedis: shown.different, balanceMissing: shown.balanceMissing }),
    findings: findings.map((finding) => ({ ...finding })),
  };
}

function resultOf(hasFindings: boolean, isShown: boolean): string {
  if (hasFindings) return 'balances are wrong, or Redis shows others';
  return isShown ? 'the balances are right, and Redis shows them' : 'the balances are right; what Redis shows was not looked at';
}
