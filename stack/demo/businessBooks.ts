import { table } from '../../src/commandLine/table.ts';
import type { Queryable } from '../../src/connectors/database.ts';
import type { Bank } from '../../simulators/bank.ts';
import { businesses, remittanceCount } from './businesses.ts';
import type { ClientHistory } from './clients.ts';
import type { Check } from './closing.ts';
import { say } from './tell.ts';

/** What the remittances are compared with. */
export interface BusinessRecords {
  readonly database: Queryable;
  readonly bank: Bank;
  readonly history: ClientHistory;
}

/** Which part of all remittances has its end, from 0 to 1. */
export async function endedPart(database: Queryable): Promise<number> {
  const [counts] = await database.query<CountRow>(countRequests);
  return Number(counts?.ended ?? 0n) / remittanceCount;
}

/** Shows how every remittance ended, and where the money is, by our books and by the bank's; answers what must hold. */
export async function closeBusinesses({ database, bank, history }: BusinessRecords): Promise<readonly Check[]> {
  const ends = await database.query<EndRow>(byEnd);
  say('Remittances by their end');
  console.log(
    table(
      ['end', 'why', 'remittances', 'KRW'],
      ends.map(({ state, why, requests, amount }) => [state, why, requests, won(amount)]),
    ),
  );
  const accounts = await database.query<AccountRow>(balances);
  const record = bank.record();
  const atBank = new Map(record.accounts.map(({ account, balance }) => [account, balance]));
  const lines = businesses.map(({ name, account, balance }) => {
    const ours = accounts.find((row) => row.account === account);
    return { name, at: balance, out: ours?.out ?? 0n, in: ours?.in ?? 0n, ours: ours?.balance ?? 0n, theirs: atBank.get(account) ?? 0n };
  });
  say('Money by account: at first − sent + received = at its bank now');
  console.log(
    table(
      ['business', 'at first', 'sent', 'received', 'by our books', "by the bank's", ''],
      lines.map((line) => [
        line.name,
        ...[line.at, line.out, line.in, line.at + line.ours, line.theirs].map(won),
        line.at + line.ours === line.theirs ? 'holds' : 'BROKEN',
      ]),
    ),
  );
  const held = accounts.filter(({ account }) => account === null).reduce((sum, { balance }) => sum + balance, 0n);
  const total = accounts.reduce((sum, { balance }) => sum + balance, 0n);
  const wrong = accounts.filter(({ balance, folded }) => balance !== folded).length;
  const [counts] = await database.query<CountRow>(countRequests);
  const moved = record.transfers.filter(({ status }) => status === 'DONE').length;
  return [
    {
      what: 'remittances at their end, or waiting for a person with a reason',
      found: `${counts?.ended} + ${counts?.parked} = ${remittanceCount}`,
      holds: Number(counts?.ended) + Number(counts?.parked) === remittanceCount,
    },
    {
      what: 'one remittance for each key, whatever was sent how often',
      found: `${history.numbers.size}, ${history.repeated} of them sent again`,
      holds: history.contradicted.length === 0 && history.numbers.size === Number(counts?.requests),
    },
    {
      what: "every business's balance by our books = by the bank's",
      found: `${lines.filter((line) => line.at + line.ours === line.theirs).length} of ${lines.length}`,
      holds: lines.every((line) => line.at + line.ours === line.theirs),
    },
    { what: 'money in = money out + held: the sum of all accounts', found: won(total), holds: total === 0n },
    { what: 'held here = pooled at the bank', found: `${won(held)} = ${won(record.pooled)}`, holds: held === record.pooled },
    { what: 'balances that are not the sum of their records', found: String(wrong), holds: wrong === 0 },
    { what: 'transfers done, here = at the bank', found: `${counts?.done} = ${moved}`, holds: Number(counts?.done) === moved },
  ];
}

function won(amount: bigint): string {
  return amount.toLocaleString('en-US');
}

interface EndRow {
  readonly state: string;
  readonly why: string;
  readonly requests: number;
  readonly amount: bigint;
}

interface AccountRow {
  readonly account: string | null;
  readonly balance: bigint;
  readonly folded: bigint;
  readonly out: bigint;
  readonly in: bigint;
}

interface CountRow {
  readonly requests: bigint;
  readonly ended: bigint;
  readonly parked: bigint;
  readonly done: bigint;
}

const byEnd = `
  SELECT state || CASE WHEN park_reason IS NULL THEN '' ELSE ', waits for a person' END AS state, coalesce(park_reason, fail_code, '') AS why,
    count(*)::int AS requests, sum(amount_minor)::bigint AS amount
  FROM remittance.biz_remittance_requests GROUP BY 1, 2 ORDER BY 3 DESC`;

const balances = `
  SELECT account_number AS account, balance_minor AS balance,
    (coalesce(credit.sum, 0) - coalesce(debit.sum, 0))::bigint AS folded, coalesce(debit.sum, 0)::bigint AS out, coalesce(credit.sum, 0)::bigint AS in
  FROM remittance.kcd_bank_accounts AS account
  LEFT JOIN (SELECT debit_account_id AS id, sum(amount_minor) FROM remittance.kcd_bank_account_records GROUP BY 1) AS debit USING (id)
  LEFT JOIN (SELECT credit_account_id AS id, sum(amount_minor) FROM remittance.kcd_bank_account_records GROUP BY 1) AS credit USING (id)
  ORDER BY account.id`;

const countRequests = `
  SELECT count(*) AS requests, count(*) FILTER (WHERE state IN ('COMPLETED', 'FAILED', 'RETURNED')) AS ended,
    count(*) FILTER (WHERE park_reason IS NOT NULL) AS parked,
    (SELECT count(*) FROM remittance.bank_call WHERE status = 'DONE') AS done
  FROM remittance.biz_remittance_requests`;
