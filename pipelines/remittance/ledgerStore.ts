import type { Queryable } from '../../src/connectors/database.ts';
import { bookTransfers, type Balance, type Booked, type Transfer, type Verdict } from './ledger.ts';

/** The accounts and their records. */
export interface LedgerStore {
  /**
   * Writes transfers within a transaction and answers a verdict for each, in their order: those of one request together or not at all.
   * A chunk takes the lock of each of its accounts once, in the order of their ids, and changes each once, however many transfers touch
   * it; who adds requests or records of an account does not wait for that. A transfer that is there already fails the transaction.
   */
  post(transaction: Queryable, transfers: readonly Transfer[]): Promise<readonly Verdict[]>;
}

/** The statements of the ledger; `now` is calendar time. */
export function ledgerStore(now: () => Date): LedgerStore {
  return {
    post: async (transaction, transfers) => {
      if (transfers.length === 0) return [];
      const booked = bookTransfers(await lock(transaction, transfers), transfers);
      await changeBalances(transaction, booked);
      await addRecords(transaction, transfers, booked, now());
      return booked.verdicts;
    },
  };
}

async function lock(transaction: Queryable, transfers: readonly Transfer[]): Promise<ReadonlyMap<bigint, Balance>> {
  const ids = new Set(transfers.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]));
  const rows = await transaction.query<AccountRow>({ text: lockAccounts, values: [[...ids]], name: 'remittance.lockAccounts' });
  return new Map(rows.map(({ id, kind, balance_minor }) => [id, { balanceMinor: balance_minor, mayBeNegative: kind === 'EXTERNAL' }]));
}

async function changeBalances(transaction: Queryable, { changes }: Booked): Promise<void> {
  if (changes.size === 0) return;
  const values = [[...changes.keys()], [...changes.values()]];
  await transaction.execute({ text: updateBalances, values, name: 'remittance.updateBalances' });
}

async function addRecords(transaction: Queryable, transfers: readonly Transfer[], { verdicts }: Booked, at: Date): Promise<void> {
  const posted = transfers.filter((_, place) => verdicts[place] === 'posted');
  if (posted.length === 0) return;
  const values = [
    posted.map(({ requestId }) => requestId),
    posted.map(({ kind }) => kind),
    posted.map(({ debitAccountId }) => debitAccountId),
    posted.map(({ creditAccountId }) => creditAccountId),
    posted.map(({ amountMinor }) => amountMinor),
    at,
  ];
  await transaction.execute({ text: insertRecords, values, name: 'remittance.insertRecords' });
}

interface AccountRow {
  readonly id: bigint;
  readonly kind: string;
  readonly balance_minor: bigint;
}

// Not FOR UPDATE: the foreign keys of new requests and records look at these rows, and would wait for a hot one.
const lockAccounts = `
  SELECT id, kind, balance_minor FROM remittance.kcd_bank_accounts WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const updateBalances = `
  UPDATE remittance.kcd_bank_accounts AS account SET balance_minor = account.balance_minor + change.amount_minor
  FROM unnest($1::bigint[], $2::bigint[]) AS change (id, amount_minor) WHERE account.id = change.id`;

const insertRecords = `
  INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
  SELECT *, $6::timestamptz FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])`;
