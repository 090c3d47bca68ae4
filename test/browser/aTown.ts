import { accountNumberField, ownerOf } from '../../pipelines/accountLinks/link.ts';
import { failureStore } from '../../pipelines/remittance/failureStore.ts';
import { contradicted } from '../integration/remittance/contradicted.ts';
import { aRequest, type ALedger } from '../integration/remittance/aLedger.ts';
import { startSms } from '../../simulators/sms.ts';
import { encryptField } from '../../src/message/encryption.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';
import { createToken } from '../../src/console/apiTokens.ts';
import { roles, type Role } from '../../src/console/route.ts';
import { startOutside } from '../../stack/startOutside.ts';
import { aMonth, type AMonth } from '../integration/daemon/aMonth.ts';
import { eventually } from '../integration/daemon/eventually.ts';
import { theTopic, type TheTopic } from '../integration/daemon/theTopic.ts';
import { anOrder, type StuckOrder } from '../integration/payments/aPayments.ts';
import { atTheEnd } from '../support/atTheEnd.ts';
import { quietNow } from '../support/quietNow.ts';
import { startWeir, type WeirProcess } from '../support/weirProcess.ts';

/** A daemon at work, with something of every kind that waits for a person. */
export interface Town extends AMonth {
  readonly url: string;
  readonly weir: WeirProcess;
  readonly tokens: Readonly<Record<Role, string>>;
  readonly topic: TheTopic;
  readonly orders: Readonly<Record<'pending' | 'mismatched' | 'ofAnother' | 'refunded', StuckOrder>>;
  /** Remittances: whose withdrawal has failed, and of which the bank has said both. */
  readonly failedRemittance: bigint;
  readonly contradictedRemittance: bigint;
}

/** Every profile but those of billing and statistics: what is opened for these waits. */
const profiles = 'consumer,producer,payments,remittance,streams,deposits';

/**
 * Starts a daemon that has delivered, refused, lost and put off bills, and puts the rest beside it. Members: 1001 has their bill, 1002 is in
 * quiet hours, 1003 was refused, of 1004 nobody knows, 1005 has an address that is none, 1006 is not due.
 */
export async function aTown(script: string): Promise<Town> {
  const month = await aMonth();
  const sms = await startSms({ token: 'secret' });
  atTheEnd(() => sms.close());
  const outside = await startOutside();
  atTheEnd(() => outside.close());
  await month.load([
    { name: `홍길동${script}` },
    { quietHours: quietNow() },
    { email: 'nobody@refused.example' },
    { email: 'slow@busy.example' },
    { email: 'a@y.example, b@y.example' },
    { sendDay: 21 },
  ]);
  await month.dispatch();
  month.inbox.faults.add({ phase: 'rcpt', to: '@refused.example', action: { kind: 'reply', text: `550 5.1.1 no such mailbox ${script}` } });
  month.inbox.faults.add({ phase: 'dot', to: '@busy.example', action: { kind: 'cut' } });
  const topic = await theTopic(month.redisUrl);
  const environment = {
    ...outside.environment,
    ...month.environment,
    WEIR_SMS_URL: sms.url,
    WEIR_SMS_TOKEN: 'secret',
    WEIR_LOG_LEVEL: 'info',
  };
  const weir = startWeir(environment, 'run', '--profile', profiles);
  const url = await weir.adminUrl();
  await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
  await eventually('bills have their ends', async () => {
    const { COMPLETED = 0, FAILED = 0, SENDING = 0, IN_QUIET_HOUR = 0 } = await month.bills();
    return COMPLETED === 1 && FAILED === 2 && SENDING === 1 && IN_QUIET_HOUR === 1;
  });
  for (let number = 1; number <= 25; number += 1) await putAside(topic, number, script);
  await links(month);
  await deposits(month);
  const tokens = await Promise.all(
    roles.map((role) => createToken(month.database, { name: `kim-${role}`, role, at: new Date(), by: 'test' })),
  );
  return {
    ...{ ...month, url, weir, topic },
    tokens: Object.fromEntries(roles.map((role, at) => [role, tokens[at]])) as Town['tokens'],
    orders: await someOrders(month, script),
    ...(await someRemittances(month)),
  };
}

/** A dead letter that has a script wherever it can. */
async function putAside(topic: TheTopic, number: number, script: string): Promise<void> {
  const headers = {
    ...{ [`trace${script}`]: script, 'weir-pipeline': `billing.deliver${number > 20 ? script : ''}`, 'weir-stage': `decode${script}` },
    ...{ 'weir-code': number > 20 ? `code${script}` : 'undecodable', 'weir-attempts': '1', 'weir-text': `it was ${script}` },
  };
  const value = JSON.stringify({ version: 1, number, email: `${script}@mail.example`, [script]: script });
  await topic.putAside('key', `letter ${number} ${script}`, 'value', value, 'headers', JSON.stringify(headers));
}

async function someOrders({ database }: AMonth, script: string): Promise<Town['orders']> {
  const createdAt = new Date(Date.now() - 3_600_000).toISOString();
  await database.execute({ text: 'INSERT INTO payments.product (id, name, stock) VALUES (7, $1, 10)', values: [`5G ${script}`] });
  const make = (): Promise<StuckOrder> => anOrder({ database }, { createdAt, items: [[7n, 1n]] });
  const [pending, mismatched, ofAnother, refunded] = [await make(), await make(), await make(), await make()];
  const parkAs = (paymentId: bigint, reason: string): Promise<number> =>
    database.execute({ text: 'UPDATE payments.payment SET park_reason = $2 WHERE id = $1', values: [paymentId, reason] });
  await parkAs(mismatched.paymentId, 'AMOUNT_MISMATCH');
  await parkAs(ofAnother.paymentId, 'KEY_MISMATCH');
  await database.execute({
    text: `UPDATE payments.orders SET status = 'FAILED', fail_code = 'DECLINED', ended_at = now() WHERE id = $1`,
    values: [refunded.orderId],
  });
  await database.execute({
    text: `UPDATE payments.payment SET status = 'FAILED', fail_code = 'ORDER_ENDED', ended_at = now() WHERE id = $1`,
    values: [refunded.paymentId],
  });
  await database.execute({
    text: `INSERT INTO payments.refund (payment_id, amount_minor, transaction_key, reason, status, requested_at, next_ask_at, ended_at, park_reason)
      VALUES ($1, 12000, $2, 'ORDER_ENDED', 'PARKED', now(), now(), now(), $3)`,
    values: [refunded.paymentId, `tx ${script}`, `closed ${script}`],
  });
  return { pending, mismatched, ofAnother, refunded };
}

async function someRemittances(month: AMonth): Promise<Pick<Town, 'failedRemittance' | 'contradictedRemittance'>> {
  const { database } = month;
  await database.execute(`INSERT INTO remittance.users SELECT id, 'business ' || id FROM generate_series(11, 12) AS id`);
  await database.execute(
    `INSERT INTO remittance.kcd_bank_accounts (id, kind, user_id, account_number) SELECT id, 'EXTERNAL', id, '110-' || id FROM generate_series(11, 12) AS id`,
  );
  const ledger: ALedger = {
    ...{ database, url: month.environment['WEIR_DATABASE_URL'] ?? '', businesses: [11n, 12n], now: () => new Date() },
    ...{ pass: () => undefined, empty: () => Promise.resolve() },
  };
  const failedRemittance = await aRequest(ledger, { state: 'DEPOSITED', isBooked: true });
  await database.execute(
    'UPDATE remittance.kcd_bank_accounts SET balance_minor = CASE id WHEN 1 THEN 12000 ELSE -12000 END WHERE id IN (1, 11)',
  );
  const parked = { code: 'exhausted', error: 'the database was away', tries: 3, next: { kind: 'parked' } } as const;
  await database.withTransaction((transaction) =>
    failureStore(ledger.now).write(transaction, 'withdrawal', [{ id: failedRemittance, requestId: failedRemittance, ...parked }]),
  );
  const bank = contradicted(ledger);
  const { requestId, callId } = await bank.upTo('MOVE_IN');
  await bank.says(callId, 'done', 'refused');
  return { failedRemittance, contradictedRemittance: requestId };
}

async function links({ database, environment }: AMonth): Promise<void> {
  const ring = parseKeyRing(environment['WEIR_KEYS_RING'] ?? '');
  for (const id of [41, 42]) {
    const [accountId, partner] = [`acc-${id}`, 'ALPHA'];
    const sealed = encryptField(ring, ownerOf({ accountId, partner }), accountNumberField, '110234567890');
    await database.execute({
      text: `INSERT INTO account_links.account_link (id, account_id, partner, account_number, request_id, idempotency_key, status, requested_at, status_since)
        VALUES ($1, $2, $3, $4, 'r-' || $1::bigint, 'al-' || $1::bigint, 'REGISTERING', now(), now())`,
      values: [id, accountId, partner, sealed],
    });
    await database.execute({
      text: `INSERT INTO account_links.account_link_failures (link_id, request_id, kind, code, error, tries, failed_at, park_reason)
        VALUES ($1, 'r-' || $1::bigint, 'TRANSIENT', 'outcomeUnknown', 'no answer', 3, now(), 'outcomeUnknown')`,
      values: [id],
    });
  }
}

async function deposits({ database }: AMonth): Promise<void> {
  await database.execute('INSERT INTO deposits.account (user_id, balance_minor) VALUES (1, 1200300)');
  await database.execute(`INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, due_on, applied_on, recorded_at)
    VALUES (1, 'opening:1', 'OPENING', 1200300, '2026-01-01', '2026-01-01', '2026-01-01Z')`);
}
