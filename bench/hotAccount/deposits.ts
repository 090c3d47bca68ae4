import { depositedMessage } from '../../pipelines/remittance/remittanceMessages.ts';
import { fillBooks, restBooks } from './fillBooks.ts';
import { bookedAt, type HotStep } from './hotStep.ts';
import { insertMessage, one } from './plainStatements.ts';

/** Transaction 1: money that a bank has moved in comes from its business's account onto the pooled one. */
export const deposits: HotStep = {
  fill: async (database, count) => {
    await fillBooks(database, count);
    await restBooks(database);
  },
  book: ({ settlements }, chunk, tries) => settlements.settle(chunk, tries),
  bookOne: async (client, requestId) => {
    await client.query('BEGIN');
    const call = await one<{ status: string; isBooked: boolean }>(client, 'lockCall', lockCall, [requestId]);
    if (call.status !== 'DONE' || call.isBooked) throw new Error(`Call ${requestId} is not to be booked.`);
    const request = await one<{ state: string; from: string; amount: string }>(client, 'lockRequest', lockRequest, [requestId]);
    if (request.state !== 'DEPOSIT_PENDING') throw new Error(`Request ${requestId} is ${request.state}.`);
    const { from, amount } = request;
    await client.query({ name: 'lockAccounts', text: lockAccounts, values: [from] });
    await client.query({ name: 'changeBalances', text: changeBalances, values: [from, amount] });
    await client.query({ name: 'insertRecord', text: insertRecord, values: [requestId, from, amount, bookedAt] });
    await client.query({ name: 'moveRequest', text: moveRequest, values: [requestId, bookedAt] });
    await client.query({ name: 'recordState', text: recordState, values: [requestId, bookedAt] });
    await client.query({ name: 'markBooked', text: markBooked, values: [requestId, bookedAt] });
    await insertMessage(client, depositedMessage(BigInt(requestId)));
    await client.query('COMMIT');
  },
  bookInSql: (database, upTo) =>
    database.withTransaction(async (transaction) => {
      for (const text of allTimeless) await transaction.execute({ text, values: [upTo] });
      for (const text of all) await transaction.execute({ text, values: [upTo, bookedAt] });
    }),
};

const lockCall = `SELECT status, booked_at IS NOT NULL AS "isBooked" FROM remittance.bank_call WHERE id = $1 FOR UPDATE`;

const lockRequest = `
  SELECT state, from_account_id AS from, amount_minor AS amount FROM remittance.biz_remittance_requests WHERE id = $1 FOR UPDATE`;

const lockAccounts = 'SELECT id FROM remittance.kcd_bank_accounts WHERE id IN (1, $1) ORDER BY id FOR UPDATE';

const changeBalances = `
  UPDATE remittance.kcd_bank_accounts SET balance_minor = balance_minor + CASE id WHEN 1 THEN $2::bigint ELSE -$2::bigint END
  WHERE id IN (1, $1)`;

const insertRecord = `
  INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
  VALUES ($1, 'MOVED_IN', $2, 1, $3, $4)`;

const moveRequest = `UPDATE remittance.biz_remittance_requests SET state = 'DEPOSITED', state_since = $2 WHERE id = $1`;

const recordState = `
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at) VALUES ($1, 'DEPOSITED', $2)`;

const markBooked = 'UPDATE remittance.bank_call SET booked_at = $2 WHERE id = $1';

const allTimeless = [
  `UPDATE remittance.kcd_bank_accounts AS account SET balance_minor = balance_minor - moved.amount
   FROM (SELECT from_account_id AS id, sum(amount_minor) AS amount FROM remittance.biz_remittance_requests WHERE id <= $1 GROUP BY 1) AS moved
   WHERE account.id = moved.id`,
  `UPDATE remittance.kcd_bank_accounts
   SET balance_minor = balance_minor + (SELECT sum(amount_minor) FROM remittance.biz_remittance_requests WHERE id <= $1) WHERE id = 1`,
  `INSERT INTO remittance.outbox (topic, key, headers, value)
   SELECT 'remittance.deposited', id, jsonb_build_object('weir-event-id', 'remittance.deposited:' || id),
     convert_to('{"version":1,"id":"' || id || '"}', 'UTF8')
   FROM remittance.biz_remittance_requests WHERE id <= $1`,
];

const all = [
  `INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
   SELECT id, 'MOVED_IN', from_account_id, 1, amount_minor, $2 FROM remittance.biz_remittance_requests WHERE id <= $1`,
  `UPDATE remittance.biz_remittance_requests SET state = 'DEPOSITED', state_since = $2 WHERE id <= $1`,
  `INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at)
   SELECT id, 'DEPOSITED', $2 FROM remittance.biz_remittance_requests WHERE id <= $1`,
  'UPDATE remittance.bank_call SET booked_at = $2 WHERE id <= $1',
];
