import type { Books } from './booksStore.ts';

/** A row as it is told: amounts are text, which loses no digits. */
type SheetRow = Readonly<Record<string, string | null>>;

/** What is answered of a reading of the books. */
export type BooksSheet = Readonly<Record<'result' | 'sumMinor', string>> &
  Readonly<Record<'accounts' | 'remittances', number>> &
  Readonly<Record<'findings' | 'ourAccounts', readonly SheetRow[]>> & { readonly pooledAccount: SheetRow };

/** A reading of the books as operators see it: whether they are right, what is wrong, and how our money comes about. */
export function booksSheet({ accounts, remittances, sumMinor, money, findings }: Books): BooksSheet {
  return {
    result: findings.length === 0 ? 'the books are right' : 'the books are wrong, or the bank contradicts itself',
    ...{ accounts, remittances, sumMinor: sumMinor.toString() },
    findings: findings.map((finding) => rowOf({ ...finding })),
    ourAccounts: money.accounts.map((account) => rowOf({ ...account })),
    pooledAccount: rowOf({ ...money.bank }),
  };
}

function rowOf(row: Readonly<Record<string, string | bigint | null>>): SheetRow {
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, value?.toString() ?? null]));
}
