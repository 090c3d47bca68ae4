import type { Database } from '../../src/connectors/database.ts';

/** Brings the books to where the money of so many requests has been moved in by banks, and is not in the ledger: the same each time. */
export async function fillBooks(database: Database, count: number): Promise<void> {
  await database.execute('TRUNCATE remittance.users, remittance.biz_remittance_requests, remittance.outbox, remittance.inbox CASCADE');
  for (const statement of [insertOurs, insertUsers, insertAccounts]) await database.execute(statement);
  for (const text of [insertRequests, insertStates, insertCalls]) await database.execute({ text, values: [count] });
}

/** As after some days of service, with statistics and nothing to clean up. */
export async function restBooks(database: Database): Promise<void> {
  await database.execute('TRUNCATE remittance.outbox');
  await database.execute('VACUUM (FREEZE, ANALYZE)');
  await database.execute('CHECKPOINT');
}

const earlier = `timestamptz '2026-11-01T02:55:00Z'`;

const insertOurs = `INSERT INTO remittance.kcd_bank_accounts (id, kind) VALUES (1, 'POOL'), (2, 'TRANSIT'), (3, 'SUSPENSE')`;

const insertUsers = `INSERT INTO remittance.users SELECT n, 'business ' || n FROM generate_series(1001, 1200) AS n`;

const insertAccounts = `
  INSERT INTO remittance.kcd_bank_accounts (id, kind, user_id, account_number) SELECT id, 'EXTERNAL', id, '110-' || id FROM remittance.users`;

const insertRequests = `
  INSERT INTO remittance.biz_remittance_requests
    (id, caller, idempotency_key, fingerprint, from_account_id, to_account_id, amount_minor, state, requested_at, state_since)
  SELECT n, 'bench', n, sha256(n::text::bytea), 1001 + n % 100, 1101 + n % 100, 1000 + n * 7919 % 50000, 'DEPOSIT_PENDING', ${earlier}, ${earlier}
  FROM generate_series(1, $1::bigint) AS n`;

const insertStates = `
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at)
  SELECT n, state, ${earlier} FROM generate_series(1, $1::bigint) AS n CROSS JOIN (VALUES ('REQUESTED'), ('DEPOSIT_PENDING')) AS states (state)`;

// A request's first call has its id.
const insertCalls = `
  INSERT INTO remittance.bank_call (id, request_id, kind, idempotency_key, status, made_at, ended_at)
  SELECT n, n, 'MOVE_IN', n || '-MOVE_IN-1', 'DONE', ${earlier}, ${earlier} FROM generate_series(1, $1::bigint) AS n`;
