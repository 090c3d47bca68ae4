import { from, lastValueFrom, toArray } from 'rxjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliverSms } from '../../../pipelines/billing/deliverSms.pipeline.ts';
import { deliverSmsOptions } from '../../../pipelines/billing/deliverSmsOptions.ts';
import { refused } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { markedStore } from '../../../pipelines/billing/markedStore.ts';
import { encodeRequestedText, requestedTextSchema, type RequestedText } from '../../../pipelines/billing/requestedText.ts';
import { sendBillText } from '../../../pipelines/billing/sendBillText.ts';
import { decideText, textLater, textRefused, textUnknown, type SendableText } from '../../../pipelines/billing/textDelivery.ts';
import type { Texts } from '../../../pipelines/billing/textRequestStore.ts';
import type { TextStore } from '../../../pipelines/billing/textStore.ts';
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
function delivered(...requests: readonly RequestedText[]): Promise<readonly string[]> {
  return deliveredBy({}, ...requests);
}

/** The same with changes to the store. */
async function deliveredBy(changes: Partial<TextStore>, ...requests: readonly RequestedText[]): Promise<readonly string[]> {
  const run = aRun({ clock: { ...realClock, now: () => billing.clock.now() } });
  const texter = openTexter({ url: sms.url, token: 'secret', clock: realClock });
  const sendText = sendBillText({ texter, keyRing: billing.ring, senderName: 'Weir' });
  const messages = requests.map((request, index) => anOpen<Uint8Array>(encodeRequestedText(request), { position: String(index), run }));
  const ports = { ...billing.ports, texts: { ...billing.ports.texts, ...changes, sendText } };
  const left = await lastValueFrom(deliverSms.chain(from(messages), ports, options).pipe(toArray()), { defaultValue: [] });
  const byPosition = new Map(left.map((message) => [message.envelope.position, message.outcome ?? 'done']));
  expect([left.length, byPosition.size]).toEqual([messages.length, messages.length]);
  return messages.map(({ envelope }) => byPosition.get(envelope.position) ?? 'lost');
}

/** Runs a redispatch at a minute of Seoul's clock; the keys of the requests that it publishes. */
async function redispatched(key: string, { oldestUnsettledAt, options: job = {} }: Circumstances = {}): Promise<readonly string[]> {
  billing.setNow(`${key}:00+09:00`);
  const published: { key: string; value: Uint8Array }[] = [];
  const spec = billing.spec('billing.redispatch', key, job);
  const textRequests: Texts = { write: (messages) => Promise.resolve(void published.push(...messages)) };
  const oldestUnsettledTextAt = (): Promise<Date | undefined> => Promise.resolve(oldestUnsettledAt);
  expect(await runJob({ ...spec, ports: { ...spec.ports, textRequests, oldestUnsettledTextAt } })).toMatchObject({ how: 'completed' });
  return published.map(({ value }) => requestedTextSchema.parse(JSON.parse(Buffer.from(value).toString())).token.toString());
}

interface Circumstances {
  /** Of the requests' topic; default: every message is settled. */
  readonly oldestUnsettledAt?: Date;
  readonly options?: object;
}

/** Claims a request as a process that dies at once: its lease is over. */
async function claimedByTheDead(request: RequestedText): Promise<SendableText> {
  const [send] = await billing.ports.texts.claim([decideText(request)], 60_000);
  if (send === undefined || Decision.is(send)) throw new Error('not claimed');
  await billing.database.execute(`UPDATE billing.billing_p SET lease_until = clock_timestamp() - interval '1 second'`);
  return send;
}

/** Does what it is told, and then fails as if its answer were lost; only the first time. */
function answerLost<A extends readonly unknown[], R>(work: (...input: A) => Promise<R>): (...input: A) => Promise<R> {
  let calls = 0;
  return async (...input) => {
    const answer = await work(...input);
    calls += 1;
    if (calls === 1) throw new WeirError('outcomeUnknown', 'the connection was lost');
    return answer;
  };
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
      /^refused: Bill \d+ \(\w{13}\) of 2026-11 is SEND_PENDING: only a FAILED bill is sent as SMS\.$/,
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
    expect(await redispatched('2026-11-15T00:05')).toEqual([request.token.toString()]);
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

  it('is not asked for again before the time that the endpoint names', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 503, retryAfterS: 3_600 } });
    expect(await delivered(request)).toEqual(['deferred']);
    sms.faults.clear();
    expect(await redispatched('2026-11-15T00:59')).toEqual([]);
    // Another message of it, published when it was asked for.
    expect(await delivered(request)).toEqual(['deferred']);
    expect(sms.count()).toBe(0);
    expect(await redispatched('2026-11-15T01:00')).toEqual([request.token.toString()]);
    expect(await delivered(request)).toEqual(['done']);
  });

  it('is published again only when its message can not be on the way any more', async () => {
    const { token } = await requested(await aFailedBill());
    const text = token.toString();
    // Whoever marked it may have failed to publish it.
    expect(await redispatched('2026-11-15T00:05')).toEqual([text]);
    expect(await redispatched('2026-11-15T00:10')).toEqual([]);
    expect(await redispatched('2026-11-15T03:00', { oldestUnsettledAt: new Date('2026-11-14T15:05:00Z') })).toEqual([]);
    expect(await redispatched('2026-11-15T03:05')).toEqual([text]);
    expect(await redispatched('2026-11-15T03:10')).toEqual([]);
  });

  it('has a topic of its own, whose unsettled messages are no mails', async () => {
    const { oldestUnsettledAt, oldestUnsettledTextAt, textRequests } = billing.ports;
    await pending(billing);
    const oldestMail = await oldestUnsettledAt();
    expect([oldestMail, await oldestUnsettledTextAt()]).toEqual([expect.any(Date), undefined]);
    await textRequests.write([{ key: '1001', value: Buffer.from('{}') }]);
    expect(await oldestUnsettledTextAt()).toBeInstanceOf(Date);
    expect(await oldestUnsettledAt()).toEqual(oldestMail);
  });

  it('is published again when publishing failed after it was marked', async () => {
    const { token } = await requested(await aFailedBill());
    billing.setNow('2026-11-14T15:05:00Z');
    const spec = billing.spec('billing.redispatch', '2026-11-15T00:05');
    let calls = 0;
    const published: string[] = [];
    const textRequests: Texts = {
      write: (messages) => {
        calls += 1;
        if (calls === 1) return Promise.reject(new WeirError('unavailable', 'the bus is gone for a moment'));
        return Promise.resolve(void published.push(...messages.map(({ key }) => key)));
      },
    };
    await runJob({ ...spec, ports: { ...spec.ports, textRequests } });
    expect(published).toEqual(['1001']);
    expect(token).toBeGreaterThan(0n);
  });

  it('is sent once though the answers of its claim and of its record are lost', async () => {
    const { texts } = billing.ports;
    const request = await requested(await aFailedBill());
    const claim = answerLost((values: readonly SendableText[], leaseMs: number) => texts.claim(values, leaseMs));
    const told = answerLost(texts.record);
    const record: TextStore['record'] = (verdicts) => told(verdicts);
    expect(await deliveredBy({ claim, record }, request)).toEqual(['done']);
    expect(sms.received()).toMatchObject([{ requests: 1 }]);
    expect(await attempts()).toMatchObject([{}, { number: 2, result: 'SENT' }]);
  });

  it('that was refused is put aside though the answer of its record was lost', async () => {
    const request = await requested(await aFailedBill());
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 422 } });
    const told = answerLost(billing.ports.texts.record);
    const record: TextStore['record'] = (verdicts) => told(verdicts);
    expect(await deliveredBy({ record }, request)).toEqual(['dead']);
    expect(await billing.database.query('SELECT FROM billing.email_fail_log')).toHaveLength(2);
  });

  it('is claimed again by who claimed it, and by no other message, of the same process or another', async () => {
    const request = await requested(await aFailedBill());
    const [first, second] = [decideText(request), decideText(request)];
    const claimed = async (...sends: readonly SendableText[]): Promise<readonly boolean[]> =>
      (await billing.ports.texts.claim(sends, 60_000)).map((answer) => !Decision.is(answer));
    expect(await claimed(first, second)).toEqual([true, false]);
    expect(await claimed(first, second)).toEqual([true, false]);
    expect(await claimed(second)).toEqual([false]);
  });

  it('is asked for again under its key when its holder died, and reaches the phone once', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    await redispatched('2026-11-15T00:05');
    await claimedByTheDead(request);
    expect(await redispatched('2026-11-15T00:10')).toEqual([request.token.toString()]);
    expect(await billRow(billing, bill)).toMatchObject({ lease_owner: 'requested', park_reason: null, send_token: request.token });
    expect(await redispatched('2026-11-15T00:15')).toEqual([]);
    expect(await delivered(request)).toEqual(['done']);
    expect(sms.received()).toMatchObject([{ idempotencyKey: `weir-bill-${request.token}` }]);
    expect(await attempts()).toMatchObject([{}, { channel: 'SMS', result: 'SENT' }]);
  });

  it('is parked when its holder died and the endpoint may have forgotten its key, and completed by a late answer all the same', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    await claimedByTheDead(request);
    expect(await redispatched('2026-11-16T00:00')).toEqual([]);
    expect(await billRow(billing, bill)).toMatchObject({ park_reason: 'the lease ran out' });
    await billing.ports.texts.record([{ kind: 'sent', request, response: 'sms-1' }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'SMS' });
  });

  it('that was taken back from the dead is sent no later than the endpoint remembers its key, then it is parked', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    const late = await claimedByTheDead(request);
    const options = { repeatTextsForMs: 600_000 };
    expect(await redispatched('2026-11-15T00:09', { options })).toEqual([request.token.toString()]);
    // Put off, it keeps its bound.
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 503 } });
    expect(await delivered(request)).toEqual(['deferred']);
    sms.faults.clear();
    billing.setNow('2026-11-14T15:10:00Z');
    expect(await delivered(request)).toEqual(['deferred']);
    expect(sms.count()).toBe(0);
    expect(await redispatched('2026-11-15T00:10', { options })).toEqual([]);
    expect(await billRow(billing, bill)).toMatchObject({ park_reason: 'the lease ran out', lease_until: null });
    expect(await attempts()).toMatchObject([{}, { result: 'UNKNOWN' }]);
    await billing.ports.texts.record([textRefused(late, new WeirError('refused', 'it answered 422'))]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'FAILED' });
  });

  it.each([
    ['parked', `lease_owner = NULL, lease_until = NULL, park_reason = 'the lease ran out'`],
    ['claimed by another', `lease_owner = 'two 7'`],
  ])('that is %s meanwhile is left alone by what is no answer', async (_state, change) => {
    const bill = await aFailedBill();
    const send = await claimedByTheDead(await requested(bill));
    await billing.database.execute(`UPDATE billing.billing_p SET ${change}`);
    const before = await billRow(billing, bill);
    for (const verdict of [textUnknown(send, new Error('lost')), textLater(send, new Date('2026-11-15T00:00:00Z'))]) {
      expect(await billing.ports.texts.record([verdict])).toMatchObject([{ outcome: 'deferred' }]);
      expect(await billRow(billing, bill)).toEqual(before);
    }
    expect(await attempts()).toMatchObject([{}, { result: null }]);
  });

  it('is mailed by force once its holder has died', async () => {
    const bill = await aFailedBill();
    const request = await requested(bill);
    await claimedByTheDead(request);
    await redispatched('2026-11-15T00:10');
    await claimedByTheDead(request);
    await billing.database.withTransaction((transaction) =>
      billing.ports.operations.force(transaction, { publicInfoId: 1_001n, billingDate: undefined }),
    );
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SEND_PENDING' });
  });

  it('is published at once by whoever asks for it, and not while it is put off', async () => {
    const request = await requested(await aFailedBill());
    const { publicInfoId } = request;
    const marked = markedStore(billing.database, () => billing.clock.now());
    expect((await marked(publicInfoId)).requests).toEqual([request]);
    sms.faults.add({ phase: 'before', action: { kind: 'reply', status: 503, retryAfterS: 60 } });
    await delivered(request);
    expect((await marked(publicInfoId)).requests).toEqual([]);
  });
});
