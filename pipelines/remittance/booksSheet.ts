import type { Json } from '../../src/runtime/jobs/job.ts';
import type { Books } from './booksStore.ts';

/** A reading of the books as operators see it: whether they are right, what is wrong, and how our money comes about. Amounts as text. */
export function booksSheet({ accounts, remittances, sumMinor, money, findings }: Books): Json {
  return {
    result: findings.length === 0 ? 'the books are right' : 'the books are wrong, or the bank contradicts itself',
    ...{ accounts, remittances, sumMinor: sumMinor.toString() },
    findings: findings.map((finding) => amountsAsText({ ...finding })),
    ourAccounts: money.accounts.map((account) => amountsAsText({ ...account })),
    pooledAccount: amountsAsText({ ...money.bank }),
  };
}

function amountsAsText(row: Readonly<Record<string, string | bigint | null>>): { readonly [field: string]: Json } {
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, typeof value === 'bigint' ? value.toString() : value]));
}
