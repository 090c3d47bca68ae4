import { from, lastValueFrom, toArray } from 'rxjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliverSms } from '../../../pipelines/billing/deliverSms.pipeline.ts';
import { deliverSmsOptions } from '../../../pipelines/billing/deliverSmsOptions.ts';
import { refused } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { encodeRequestedText, type RequestedText } from '../../../pipelines/billing/requestedText.ts';
import { sendBillText } from '../../../pipelines/billing/sendBillText.ts';
import { decideText, type SendableText } from '../../../pipelines/billing/textDelivery.ts';
import { startSms, type Sms } from '../../../simulators/sms.ts';
import { openTexter } from '../../../src/connectors/http/openTexter.ts';
import { codeOf, textOf, WeirError } from '../../../src/errors.ts';
import { Decision } from '../../../src/message/decision.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { anOpen, aRun } from '../../support/aRun.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aBilling, billRow, emptied, pending, sendable, type Billing } from './aBilling.ts';

const options = deliverSmsOptions.parse({
  send: { timeLimitMs: 5_000, holdMs: 50, retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } },
  record: { maxWaitMs: 1 },
});
let billing: Billing;
let sms: Sms;

beforeAll(async () => {
  billing = await aBilling();
  sms = await startSms({ token: 'secret' });
  atTheEnd(() => sms.close());
});

beforeEach(async () => {
  await emptied(billing);
  sms.clear();
  sms.faults.clear();
});

/** A bill that the mail server has refused. */
async function aFailedBill(changes = {}): Promise<DispatchedBill> {
  const [bill] = await pending(billing, 1, changes);
  if (bill === undefined) throw new Error('no bill was made');
  const [send] = await billing.ports.bills.claim([sendable(bill)], 60_000);
  if (send === undefined || Decision.is(send)) throw new Error('not claimed');
  await billing.ports.bills.record([refused(send, new WeirError('refused', 'it answered 550'))]);
  return bill;
}

/** Asks for its SMS as an operator does, and answers the message that is published. */
async function requested(bill: DispatchedBill): Promise<RequestedText> {
  const { publicInfoId, billId, billingDate } = bill;
  await billing.database.withTransaction((transaction) =>
    billing.ports.operations.requestText(transaction, { publicInfoId, billingDate: undefined }),
  );
  const token = (await billRow(billing, bill))?.['send_token'];
  if (typeof token !== 'bigint') throw new Error('it has no token');
  return { billId, billingDate, publicInfoId, token };
}

/** Sends messages through the chain; how each ended. */
async function delivered(...requests: readonly RequestedText[]): Promise<readonly string[]> {
  const run = aRun({ clock: { ...realClock, now: () => billing.clock.now() } });
  const texter = openTexter({ url: sms.url, token: 'secret', clock: realClock });
  const sendText = sendBillText({ texter, keyRing: billing.ring, senderName: 'Weir' });
  const messages = requests.map((request, index) => anOpen<Uint8Array>(encodeRequestedText(request), { position: String(index), run }));
  const ports = { ...billing.ports, texts: { ...billing.ports.texts, sendText } };
  const left = await lastValueFrom(deliverSms.chain(from(messages), ports, options).pipe(toArray()), { defaultValue: [] });
  const byPosition = new Map(left.map((message) => [message.envelope.position, message.outcome ?? 'done']));
  expect([left.length, byPosition.size]).toEqual([messages.length, messages.length]);
  return messages.map(({ envelope }) => byPosition.get(envelope.position) ?? 'lost');
}

const attempts = (): Promise<readonly object[]> =>
  billing.database.query('SELECT number, channel, is_forced, result, code FROM billing.send_attempt ORDER BY number');

describe('a failed bill that is sent as SMS', () => {
  it('reaches the phone once, and is completed by SMS', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SENDING', lease_owner: 'requested', attempts: 2 });
    expect([...(await delivered(request, request))].sort()).toEqual(['done', 'skipped']);
    expect(sms.received()).toMatchObject([
      {
        to: '01012345678',
        text: '[Weir] 10월 이용요금 10,000원. 11/30까지 납부해 주세요.',
        requests: 1,
        idempotencyKey: `weir-bill-${request.token}`,
      },
    ]);
    expect(await billRow(billing, bill)).toMatchObject({
      send_status: 'COMPLETED',
      sent_channel: 'SMS',
      send_token: null,
      fail_code: null,
    });
    expect(await attempts()).toEqual([
      { number: 1, channel: 'EMAIL', is_forced: false, result: 'REFUSED', code: 'refused' },
      { number: 2, channel: 'SMS', is_forced: true, result: 'SENT', code: null },
    ]);
    expect(await delivered(request)).toEqual(['skipped']);
    expect(sms.count()).toBe(1);
  });

  it('is asked for by one of two operators', async () => {
    const bill = await aFailedBill();
    const results = await Promise.allSettled([requested(bill), requested(bill)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await attempts()).toHaveLength(2);
  });

  it('is refused while it has not failed', async () => {
    await pending(billing);
    const asking = billing.database.withTransaction((transaction) =>
      billing.ports.operations.requestText(transaction, { publicInfoId: 1_001n, billingDate: undefined }),
    );
    expect(await asking.then(String, (error: unknown) => `${codeOf(error)}: ${textOf(error)}`)).toMatch(
      /^refused: Bill \w{13} of 2026-11 is SEND_PENDING: only a FAILED bill is sent as SMS\.$/,
    );
  });

  it('fails again when the endpoint refuses it, with a row in the fail log, and may be asked for again', async () => {
    const bill = await aFailedBill();
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 422 } });
    expect(await delivered(await requested(bill))).toEqual(['dead']);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'FAILED', fail_code: 'refused' });
    expect(await billing.database.query('SELECT error FROM billing.email_fail_log ORDER BY id')).toEqual([
      { error: 'it answered 550' },
      { error: 'The SMS endpoint answered 422: it does not take this message.' },
    ]);
    sms.faults.clear();
    expect(await delivered(await requested(bill))).toEqual(['done']);
    expect(sms.count()).toBe(1);
  });

  it('fails for a member without a phone number, and nothing is sent', async () => {
    const bill = await aFailedBill({ phone: 'none' });
    expect(await delivered(await requested(bill))).toEqual(['dead']);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'FAILED', fail_code: 'refused' });
    expect(sms.count()).toBe(0);
  });

  it('waits while the endpoint is away, and is published again by a redispatch', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 503 } });
    expect(await delivered(request)).toEqual(['deferred']);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SENDING', lease_owner: 'requested', send_token: request.token });
    sms.faults.clear();
    const published: unknown[] = [];
    const spec = billing.spec('billing.redispatch', '2026-11-15T00:00');
    const textRequests = { write: (messages: readonly object[]) => Promise.resolve(void published.push(...messages)) };
    await runJob({ ...spec, ports: { ...spec.ports, textRequests } });
    expect(published).toEqual([{ key: '1001', value: encodeRequestedText(request) }]);
    expect(await delivered(request)).toEqual(['done']);
    expect(sms.count()).toBe(1);
  });

  it('is parked when nobody can tell, and asked for again under its old key it reaches the phone once', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    sms.faults.add({ phase: 'after', action: { kind: 'cut' } });
    expect(await delivered(request)).toEqual(['deferred']);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SENDING', send_token: request.token, lease_until: null });
    expect(await attempts()).toMatchObject([{}, { channel: 'SMS', result: 'UNKNOWN' }]);
    sms.faults.clear();
    await billing.database.withTransaction((transaction) =>
      billing.ports.operations.resolve(transaction, { billIds: [bill.billId] }, 'resend'),
    );
    expect(await attempts()).toMatchObject([{}, { channel: 'SMS', result: null, code: null }]);
    expect(await delivered(request)).toEqual(['done']);
    expect(sms.received()).toMatchObject([{ requests: 2 }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'SMS' });
  });

  it('that was parked is closed as sent by SMS', async () => {
    const bill = await aFailedBill();
    sms.faults.add({ phase: 'after', action: { kind: 'cut' } });
    await delivered(await requested(bill));
    await billing.database.withTransaction((transaction) =>
      billing.ports.operations.resolve(transaction, { billIds: [bill.billId] }, 'sent'),
    );
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'SMS' });
  });

  it('is parked by a redispatch when its holder died, and completed by a late answer all the same', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    const send: SendableText = decideText(request);
    expect((await billing.ports.texts.claim([send], 60_000)).map((answer) => Decision.is(answer))).toEqual([false]);
    await billing.database.execute(`UPDATE billing.billing_p SET lease_until = clock_timestamp() - interval '1 second'`);
    await billing.run('billing.redispatch', '2026-11-15T00:00');
    expect(await billRow(billing, bill)).toMatchObject({ park_reason: 'the lease ran out' });
    await billing.ports.texts.record([{ kind: 'sent', request, response: 'sms-1' }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'SMS' });
  });
});
