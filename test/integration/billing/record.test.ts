import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimOf, later, refused, sent, unknownSend, type SendableBill, type SendVerdict } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { Decision } from '../../../src/message/decision.ts';
import { WeirError } from '../../../src/errors.ts';
import { aBilling, billRow, emptied, pending, sendable, type Billing } from './aBilling.ts';

const leaseMs = 60_000;
const until = new Date('2026-11-15T01:00:00Z');
let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function claimed(count = 1): Promise<readonly SendableBill[]> {
  const answers = await billing.ports.bills.claim((await pending(billing, count)).map(sendable), leaseMs);
  return answers.map((answer) => {
    if (Decision.is(answer)) throw new Error(`not claimed: ${answer.reason}`);
    return answer;
  });
}

async function oneClaimed(): Promise<SendableBill> {
  const [send] = await claimed();
  if (send === undefined) throw new Error('nothing was claimed');
  return send;
}

async function ends(...verdicts: readonly SendVerdict[]): Promise<readonly string[]> {
  const answers = await billing.ports.bills.record(verdicts);
  return answers.map((answer) => (Decision.is(answer) ? `${answer.outcome}: ${answer.reason}` : answer.kind));
}

async function reclaimed(bill: DispatchedBill): Promise<string> {
  const [answer] = await billing.ports.bills.claim([sendable(bill)], leaseMs);
  return Decision.is(answer) ? answer.outcome : 'claimed';
}

const attempts = (): Promise<readonly object[]> =>
  billing.database.query('SELECT number, is_forced, result, code, response FROM billing.send_attempt ORDER BY billing_id, number');
const failures = (): Promise<readonly object[]> =>
  billing.database.query('SELECT attempt_id, public_info_id, parse_status, code, error, origin FROM billing.email_fail_log');
const no = new WeirError('refused', '550 no such user');
const lost = new WeirError('outcomeUnknown', 'lost after the final dot');

/** Parks as the job does. */
async function park(): Promise<void> {
  await billing.database.execute(`UPDATE billing.billing_p SET lease_owner = NULL, lease_until = NULL, park_reason = 'the lease ran out'`);
  await billing.database.execute(`UPDATE billing.send_attempt SET ended_at = now(), result = 'UNKNOWN'`);
}

describe('recording', () => {
  it('tells how many bills it has parked, once', async () => {
    const [one, other, good] = await claimed(3);
    if (!one || !other || !good) throw new Error('three bills were expected');
    await ends(unknownSend(one, lost), sent(good, '250 ok'), unknownSend(other, lost));
    await ends(unknownSend(one, lost));
    const parked = billing.told.filter(([what]) => what.includes('parked'));
    expect(parked).toEqual([
      ['bills were parked for a person: nobody can tell whether they were mailed', { reason: 'unknown', count: 2 }],
      ['weir_bills_parked_total', { reason: 'unknown' }, 2],
    ]);
  });

  it('writes a chunk of every verdict in one statement, and answers each', async () => {
    const [good, bad, slow, odd] = await claimed(5);
    const [quiet] = await billing.database.query<{ id: bigint }>(`SELECT id FROM billing.billing_p ORDER BY id DESC LIMIT 1`);
    if (!good || !bad || !slow || !odd || !quiet) throw new Error('five bills were expected');
    await billing.database.execute({ text: 'DELETE FROM billing.send_attempt WHERE billing_id = $1', values: [quiet.id] });
    await billing.database.execute({
      text: `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', send_token = NULL, lease_owner = NULL, lease_until = NULL WHERE id = $1`,
      values: [quiet.id],
    });
    const night: SendVerdict = { kind: 'quiet', bill: { ...good.bill, billId: quiet.id }, until };
    expect(await ends(sent(good, '250 ok'), refused(bad, no), night, later(slow, until), unknownSend(odd, lost))).toEqual([
      'sent',
      'dead: 550 no such user',
      'deferred: quiet hours',
      'deferred: waits for its next attempt',
      'deferred: parked for a person',
    ]);
    expect(await billRow(billing, good.bill)).toMatchObject({
      send_status: 'COMPLETED',
      sent_channel: 'EMAIL',
      send_token: null,
      lease_until: null,
    });
    expect(await billRow(billing, bad.bill)).toMatchObject({ send_status: 'FAILED', fail_code: 'refused', send_token: null });
    expect(await billRow(billing, night.bill)).toMatchObject({ send_status: 'IN_QUIET_HOUR', next_attempt_at: until });
    expect(await billRow(billing, slow.bill)).toMatchObject({ send_status: 'SEND_PENDING', next_attempt_at: until, send_token: null });
    expect(await billRow(billing, odd.bill)).toMatchObject({
      send_status: 'SENDING',
      park_reason: 'lost after the final dot',
      lease_until: null,
    });
    expect(await attempts()).toMatchObject([
      { result: 'SENT', response: '250 ok' },
      { result: 'REFUSED', code: 'refused' },
      { result: 'LATER' },
      { result: 'UNKNOWN', response: 'lost after the final dot' },
    ]);
    expect(await failures()).toMatchObject([
      {
        attempt_id: claimOf(bad).token,
        public_info_id: bad.bill.publicInfoId,
        parse_status: 'SUCCESS',
        error: '550 no such user',
        origin: null,
      },
    ]);
  });

  it.each([
    ['sent', (send: SendableBill) => sent(send, '250 ok'), 'skipped: already completed', 'skipped'],
    ['refused', (send: SendableBill) => refused(send, no), 'dead: 550 no such user', 'dead'],
    ['later', (send: SendableBill) => later(send, until), 'deferred: waits for its next attempt', 'deferred'],
    ['unknown', (send: SendableBill) => unknownSend(send, lost), 'deferred: parked for a person', 'deferred'],
  ])(
    'a verdict %s that is recorded again, and its message delivered again, change nothing',
    async (_kind, verdictOf, again, redelivered) => {
      const send = await oneClaimed();
      await ends(verdictOf(send));
      const [bill, ledger, log] = [await billRow(billing, send.bill), await attempts(), await failures()];
      expect(await ends(verdictOf(send))).toEqual([typeof again === 'string' ? again : expect.stringMatching(again)]);
      expect(await reclaimed(send.bill)).toBe(redelivered);
      expect([await billRow(billing, send.bill), await attempts(), await failures()]).toEqual([bill, ledger, log]);
    },
  );

  it('a quiet bill that is recorded twice in a chunk waits once, and both messages are deferred', async () => {
    const [bill] = await pending(billing);
    if (bill === undefined) throw new Error('no bill');
    const night: SendVerdict = { kind: 'quiet', bill, until };
    expect(await ends(night, night)).toEqual([expect.stringMatching(/^deferred/), expect.stringMatching(/^deferred/)]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'IN_QUIET_HOUR', next_attempt_at: until });
  });

  it('a sent bill beside a duplicate that found it quiet is completed', async () => {
    const send = await oneClaimed();
    const night: SendVerdict = { kind: 'quiet', bill: send.bill, until };
    expect(await ends(night, sent(send, '250 ok'))).toEqual(['deferred: claimed by another', 'sent']);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'COMPLETED' });
  });

  it('a late 250 completes its bill though it was parked meanwhile, and corrects the ledger', async () => {
    const send = await oneClaimed();
    await park();
    expect(await ends(sent(send, '250 ok'))).toEqual(['sent']);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'COMPLETED', park_reason: null, send_token: null });
    expect(await attempts()).toMatchObject([{ result: 'SENT' }]);
  });

  it.each([
    ['waits to be sent again', `send_status = 'SEND_PENDING', next_attempt_at = '2026-11-15T08:00+09'`],
    ['waits for its hour', `send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-15T08:00+09'`],
  ])('a late 250 completes a bill that a person has given back and that %s: it is mailed once', async (_where, state) => {
    const send = await oneClaimed();
    await park();
    await billing.database.execute(`UPDATE billing.billing_p SET ${state}, send_token = NULL, park_reason = NULL`);
    expect(await ends(sent(send, '250 ok'))).toEqual(['sent']);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'EMAIL', next_attempt_at: null });
    expect(await reclaimed(send.bill)).toBe('skipped');
  });

  it('an answer under the token of another bill completes none', async () => {
    const [send, other] = await claimed(2);
    if (send === undefined || other === undefined) throw new Error('not claimed');
    await park();
    await billing.database.execute(
      `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', next_attempt_at = now(), send_token = NULL, park_reason = NULL`,
    );
    await ends(sent({ ...send, claimed: claimOf(other) }, '250 ok'));
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'SEND_PENDING' });
  });

  it('a late refusal fails its bill though it was parked meanwhile', async () => {
    const send = await oneClaimed();
    await park();
    expect(await ends(refused(send, no))).toEqual(['dead: 550 no such user']);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'FAILED', park_reason: null });
  });

  it.each([
    ['later', (send: SendableBill) => later(send, until)],
    ['unknown', (send: SendableBill) => unknownSend(send, lost)],
  ])('a late verdict %s leaves a parked bill parked', async (_kind, verdictOf) => {
    const send = await oneClaimed();
    await park();
    expect(await ends(verdictOf(send))).toEqual(['deferred: parked for a person']);
    expect(await billRow(billing, send.bill)).toMatchObject({ park_reason: 'the lease ran out' });
  });

  it('an answer under an old token does not touch the bill of a new one, and both sends stand in the ledger', async () => {
    const send = await oneClaimed();
    await park();
    await billing.database.execute(`UPDATE billing.billing_p SET send_status = 'SEND_PENDING', send_token = NULL, park_reason = NULL`);
    const [again] = await billing.ports.bills.claim([sendable(send.bill)], leaseMs);
    if (again === undefined || Decision.is(again)) throw new Error('not claimed');
    expect(await ends(sent(send, '250 late'))).toEqual(['deferred: claimed by another']);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'SENDING', send_token: again.claimed?.token });
    expect(await ends(sent(again, '250 ok'))).toEqual(['sent']);
    expect(await attempts()).toMatchObject([
      { number: 1, is_forced: false, result: 'SENT' },
      { number: 2, is_forced: true, result: 'SENT' },
    ]);
  });

  it('a bill whose rate was used up before it was claimed waits for its time', async () => {
    const [bill] = await pending(billing);
    if (bill === undefined) throw new Error('no bill');
    expect(await ends(later(sendable(bill), until))).toEqual(['deferred: waits for its next attempt']);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SEND_PENDING', next_attempt_at: until, attempts: 0 });
  });

  it('a bill that was forced meanwhile is not put back into quiet hours', async () => {
    const [bill] = await pending(billing);
    if (bill === undefined) throw new Error('no bill');
    await billing.database.execute('UPDATE billing.billing_p SET quiet_override = true');
    expect(await ends({ kind: 'quiet', bill, until })).toEqual(['deferred: waits for its next attempt']);
    expect(await reclaimed(bill)).toBe('claimed');
  });
});
