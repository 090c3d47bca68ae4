import type { Checked } from './checkStore.ts';

/** A check of all accounts, as operators read it. */
export type CheckSheet = Readonly<{ result: string; accounts: number; notTheSum: number }> &
  Readonly<Record<'differentInRedis' | 'behindInRedis' | 'balanceMissing', number> | { redis: 'unreachable' }> & {
    readonly findings: readonly Readonly<Record<string, string | null>>[];
  };

export function checkSheet(checked: Checked): CheckSheet {
  const { accounts, notTheSum, shown, findings } = checked;
  return {
    ...{ result: resultOf(checked), accounts, notTheSum },
    ...(shown === undefined
      ? { redis: 'unreachable' }
      : { differentInRedis: shown.different, behindInRedis: shown.behind, balanceMissing: shown.balanceMissing }),
    findings: findings.map((finding) => ({ ...finding })),
  };
}

/** The gravest of what was found. */
function resultOf({ notTheSum, shown }: Checked): string {
  if (notTheSum > 0) return 'balances are wrong';
  if (shown === undefined) return 'balances are right, what is shown is unknown';
  if (shown.different > 0) return 'wrong balances are shown';
  return shown.behind > 0 ? 'what is shown is behind' : 'all balances are right';
}
