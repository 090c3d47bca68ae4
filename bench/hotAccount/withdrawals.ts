import { callKeyOf } from '../../pipelines/remittance/bankCall.ts';
import { dueCallMessage } from '../../pipelines/remittance/remittanceMessages.ts';
import { deposits } from './deposits.ts';
import { fillBooks, restBooks } from './fillBooks.ts';
import { bookedAt, type HotStep } from './hotStep.ts';
import { insertMessage, one } from './plainStatements.ts';

/** Transaction 2: money leaves the pooled account, on its way to whom it is for. */
export const withdrawals: HotStep = {
  fill: async (database, count) => {
    await fillBooks(database, count);
    await deposits.bookInSql(database, count);
    await restBooks(database);
  },
  book: ({ withdrawals }, chunk, tries) => withdrawals.withdraw(chunk, tries),
  bookOne: async (client, requestId) => {
    await client.query('BEGIN');
    const request = await one<{ state: string; amount: string }>(client, 'lockRequest', lockRequest, [requestId]);
    if (request.state !== 'DEPOSITED') throw new Error(`Request ${requestId} is ${request.state}.`);
    const { amount } = request;
    const pool = await one<{ balance: string }>(client, 'lockPool', lockPool, []);
    if (BigInt(pool.balance) < BigInt(amount)) throw new Error('The pooled account holds too little.');
    await client.query({ name: 'changeBalances', text: changeBalances, values: [amount] });
    await client.query({ name: 'insertRecord', text: insertRecord, values: [requestId, amount, bookedAt] });
    await client.query({ name: 'moveRequest', text: moveRequest, values: [requestId, bookedAt] });
    await client.query({ name: 'recordState', text: recordState, values: [requestId, bookedAt] });
    const call = { callId: firstCallId + BigInt(requestId), requestId: BigInt(requestId), kind: 'PAY_OUT', seq: 1 } as const;
    await client.query({ name: 'insertCall', text: insertCall, values: [call.callId, requestId, callKeyOf(call), bookedAt] });
    await insertMessage(client, dueCallMessage(call, bookedAt));
    await client.query('COMMIT');
  },
  bookInSql: (database, upTo) =>
    database.withTransaction(async (transaction) => {
      await transaction.execute({ text: changeAllBalances, values: [upTo] });
      for (const text of all) await transaction.execute({ text, values: [upTo, bookedAt] });
      await transaction.execute({ text: insertCalls, values: [upTo, bookedAt, firstCallId] });
      await transaction.execute({ text: insertMessages, values: [firstCallId, bookedAt.getTime()] });
    }),
};

/** As long as those that the daemon makes. */
const firstCallId = 2n * 10n ** 18n;

const lockRequest = 'SELECT state, amount_minor AS amount FROM remittance.biz_remittance_requests WHERE id = $1 FOR UPDATE';

const lockPool = 'SELECT balance_minor AS balance FROM remittance.kcd_bank_accounts WHERE id = 1 FOR UPDATE';

const changeBalances = `
  UPDATE remittance.kcd_bank_accounts SET balance_minor = balance_minor + CASE id WHEN 1 THEN -$1::bigint ELSE $1::bigint END
  WHERE id IN (1, 2)`;

const insertRecord = `
  INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
  VALUES ($1, 'WITHDRAWN', 1, 2, $2, $3)`;

const moveRequest = `UPDATE remittance.biz_remittance_requests SET state = 'WITHDRAWN', state_since = $2 WHERE id = $1`;

const recordState = `
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at) VALUES ($1, 'WITHDRAWN', $2)`;

const insertCall = `
  INSERT INTO remittance.bank_call (id, request_id, kind, seq, idempotency_key, made_at, next_ask_at)
  VALUES ($1, $2, 'PAY_OUT', 1, $3, $4, $4)`;

const changeAllBalances = `
  UPDATE remittance.kcd_bank_accounts
  SET balance_minor = balance_minor + (CASE kind WHEN 'POOL' THEN -1 ELSE 1 END)
    * (SELECT sum(amount_minor) FROM remittance.biz_remittance_requests WHERE id <= $1)
  WHERE id IN (1, 2)`;

const all = [
  `INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
   SELECT id, 'WITHDRAWN', 1, 2, amount_minor, $2 FROM remittance.biz_remittance_requests WHERE id <= $1`,
  `UPDATE remittance.biz_remittance_requests SET state = 'WITHDRAWN', state_since = $2 WHERE id <= $1`,
  `INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at)
   SELECT id, 'WITHDRAWN', $2 FROM remittance.biz_remittance_requests WHERE id <= $1`,
];

const insertCalls = `
  INSERT INTO remittance.bank_call (id, request_id, kind, idempotency_key, made_at, next_ask_at)
  SELECT $3::bigint + id, id, 'PAY_OUT', id || '-PAY_OUT-1', $2, $2 FROM remittance.biz_remittance_requests WHERE id <= $1`;

const insertMessages = `
  INSERT INTO remittance.outbox (topic, key, headers, value)
  SELECT 'remittance.bankCall', id, jsonb_build_object('weir-event-id', 'remittance.bankCall:' || id || ':' || $2::text),
    convert_to('{"version":1,"id":"' || id || '"}', 'UTF8')
  FROM remittance.bank_call WHERE id > $1`;
