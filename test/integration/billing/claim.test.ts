import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isQuiet } from '../../../pipelines/shared/quietHours.ts';
import { decryptField } from '../../../src/message/encryption.ts';
import { Decision } from '../../../src/message/decision.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, billRow, emptied, pending, sendable, type Billing } from './aBilling.ts';

const leaseMs = 60_000;
let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function one(changes = {}): Promise<DispatchedBill> {
  const [bill] = await pending(billing, 1, changes);
  if (bill === undefined) throw new Error('no bill was made');
  return bill;
}

function endOf(answer: unknown): string {
  return Decision.is(answer) ? `${answer.outcome}: ${answer.reason}` : 'claimed';
}

const attempts = (): Promise<readonly object[]> =>
  billing.database.query('SELECT number, channel, is_forced, instance, result FROM billing.send_attempt ORDER BY billing_id, number');

describe('a claim', () => {
  it('takes a pending bill under a token with a lease, and answers what its mail says', async () => {
    const bill = await one();
    const [answer] = await billing.ports.bills.claim([sendable(bill)], leaseMs);
    if (answer === undefined || Decision.is(answer) || answer.claimed === undefined) throw new Error(endOf(answer));
    const { claimed } = answer;
    expect(claimed.details).toEqual({ discounts: [], totalDiscount: 0, finalAmount: 10_000 });
    expect(claimed.lines).toEqual([{ label: '데이터', amountMinor: 10_000n }]);
    expect(decryptField(billing.ring, '1001', 'email', claimed.encryptedEmail)).toBe('gildong@example.com');
    expect(await billRow(billing, bill)).toMatchObject({
      send_status: 'SENDING',
      send_token: claimed.token,
      lease_owner: 'one',
      attempts: 1,
    });
    expect(await attempts()).toEqual([{ number: 1, channel: 'EMAIL', is_forced: false, instance: 'one', result: null }]);
  });

  it('finds what it has claimed already when it is asked again with the same bill: one attempt, one token', async () => {
    const bill = await one();
    const value = sendable(bill);
    const [first] = await billing.ports.bills.claim([value], leaseMs);
    const [again] = await billing.ports.bills.claim([value], leaseMs);
    if (again === undefined || Decision.is(again)) throw new Error(endOf(again));
    expect(again).toEqual(first);
    expect(await billRow(billing, bill)).toMatchObject({ send_token: again.claimed?.token, attempts: 1 });
    expect(await attempts()).toHaveLength(1);
    const [verdict] = await billing.ports.bills.record([
      { kind: 'later', bill, token: again.claimed?.token, until: new Date('2099-01-01') },
    ]);
    expect([endOf(verdict), endOf((await billing.ports.bills.claim([value], leaseMs))[0])]).toEqual([
      'deferred: waits for its next attempt',
      'deferred: waits for its next attempt',
    ]);
  });

  it('gives a bill that is twice in it to one of its messages', async () => {
    const bill = await one();
    const answers = await billing.ports.bills.claim([sendable(bill), sendable(bill)], leaseMs);
    expect(answers.map(endOf).sort()).toEqual(['claimed', 'deferred: claimed by another']);
    const token = answers.flatMap((answer) => (Decision.is(answer) ? [] : [answer.claimed?.token]))[0];
    expect(await billRow(billing, bill)).toMatchObject({ send_token: token, attempts: 1 });
  });

  it('is won by one of two processes for each bill, in whatever order they ask', async () => {
    const bills = await pending(billing, 40);
    const other = billing.another('two');
    const [ours, theirs] = await Promise.all([
      billing.ports.bills.claim(
        bills.map((bill) => sendable(bill)),
        leaseMs,
      ),
      other.claim([...bills].reverse().map(sendable), leaseMs),
    ]);
    const ends = [...ours, ...theirs].map(endOf);
    expect(ends.filter((end) => end === 'claimed')).toHaveLength(40);
    expect(ends.filter((end) => end === 'deferred: claimed by another')).toHaveLength(40);
    expect(await attempts()).toHaveLength(40);
  });

  it('waits for a claim that is not committed, and then leaves its bill alone', async () => {
    const bill = await one();
    let theirs: Promise<readonly unknown[]> | undefined;
    await billing.database.withTransaction(async (transaction) => {
      await transaction.execute({ text: 'SELECT FROM billing.billing_p WHERE id = $1 FOR UPDATE', values: [bill.billId] });
      theirs = billing.ports.bills.claim([sendable(bill)], leaseMs);
      await transaction.execute({
        text: `UPDATE billing.billing_p SET send_status = 'COMPLETED', sent_channel = 'EMAIL' WHERE id = $1`,
        values: [bill.billId],
      });
    });
    expect((await theirs)?.map(endOf)).toEqual(['skipped: already completed']);
  });

  it.each([
    ['CREATED', `send_status = 'CREATED'`, 'deferred: waits for its day'],
    ['COMPLETED', `send_status = 'COMPLETED', sent_channel = 'EMAIL'`, 'skipped: already completed'],
    ['FAILED', `send_status = 'FAILED', fail_code = 'refused'`, 'skipped: has failed before'],
    ['IN_QUIET_HOUR', `send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-15T08:00+09'`, 'deferred: quiet hours'],
    ['not due', `next_attempt_at = '2026-11-15T08:00+09'`, 'deferred: waits for its next attempt'],
    [
      'claimed',
      `send_status = 'SENDING', send_token = 1, lease_owner = 'x', lease_until = clock_timestamp()`,
      'deferred: claimed by another',
    ],
    ['parked', `send_status = 'SENDING', send_token = 1, park_reason = 'x'`, 'deferred: parked for a person'],
  ])('leaves a bill that is %s as it is', async (_name, change, end) => {
    const bill = await one();
    await billing.database.execute({ text: `UPDATE billing.billing_p SET ${change} WHERE id = $1`, values: [bill.billId] });
    const before = await billRow(billing, bill);
    const answers = await billing.ports.bills.claim([sendable(bill)], leaseMs);
    expect(answers.map(endOf)).toEqual([typeof end === 'string' ? end : expect.stringMatching(end)]);
    expect(await billRow(billing, bill)).toEqual(before);
    expect(await attempts()).toEqual([]);
  });

  it('takes bills that are written anew, and as due as before, while it waits for them, however often it is asked', async () => {
    const all = await pending(billing, 50);
    for (let round = 1; round <= 10; round += 1) {
      const bills = all.slice((round - 1) * 5, round * 5);
      const ids = bills.map(({ billId }) => billId);
      const written = Promise.withResolvers<undefined>();
      const rewriting = billing.database.withTransaction(async (transaction) => {
        await transaction.execute({
          text: 'UPDATE billing.billing_p SET pending_since = pending_since WHERE id = ANY ($1)',
          values: [ids],
        });
        written.resolve(undefined);
        await until('the claim waits', async () => (await lockWaits(billing.database)) > 0);
      });
      await written.promise;
      const answers = await billing.ports.bills.claim(
        bills.map((bill) => sendable(bill)),
        leaseMs,
      );
      await rewriting;
      expect(answers.map(endOf), `round ${round}`).toEqual(bills.map(() => 'claimed'));
    }
  });

  it('takes a bill whose next time has come', async () => {
    const bill = await one();
    await billing.database.execute({
      text: `UPDATE billing.billing_p SET next_attempt_at = '2026-11-15T00:00+09' WHERE id = $1`,
      values: [bill.billId],
    });
    expect((await billing.ports.bills.claim([sendable(bill)], leaseMs)).map(endOf)).toEqual(['claimed']);
  });

  it('puts a bill off whose quiet hours have begun since it was decided, until they end', async () => {
    const bill = await one({ quietHours: { start: '22:00', end: '08:00', zone: 'Asia/Seoul' } });
    expect((await billing.ports.bills.claim([sendable(bill)], leaseMs)).map(endOf)).toEqual(['deferred: quiet hours']);
    expect(await billRow(billing, bill)).toMatchObject({
      send_status: 'IN_QUIET_HOUR',
      next_attempt_at: new Date('2026-11-14T23:00:00Z'),
      attempts: 0,
    });
  });

  it('takes a forced bill in quiet hours, and notes that it was forced', async () => {
    const bill = await one({ quietHours: { start: '22:00', end: '08:00', zone: 'Asia/Seoul' } });
    await billing.database.execute('UPDATE billing.billing_p SET quiet_override = true');
    expect((await billing.ports.bills.claim([sendable(bill)], leaseMs)).map(endOf)).toEqual(['claimed']);
    expect(await attempts()).toMatchObject([{ is_forced: true }]);
  });

  it('answers a bill that is not known as dead, and claims its neighbour', async () => {
    const bill = await one();
    const answers = await billing.ports.bills.claim([sendable({ ...bill, billId: 1n }), sendable(bill)], leaseMs);
    expect(answers.map(endOf)).toEqual(['dead: Bill 1 is not known, or its member is not.', 'claimed']);
  });

  it('reads the address as it is now', async () => {
    const bill = await one();
    await billing.database.execute(`UPDATE billing.member SET email = 'moved'`);
    expect(await billing.ports.bills.claim([sendable(bill)], leaseMs)).toMatchObject([{ claimed: { encryptedEmail: 'moved' } }]);
  });

  it('finds the same hours quiet as the rule does, in any zone and at any time', async () => {
    const bill = await one();
    const times = fc
      .integer({ min: 0, max: 95 })
      .map((quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Asia/Seoul', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'),
        ...([times, times] as const),
        fc.date({ min: new Date('2026-03-01T00:00:00Z'), max: new Date('2026-11-30T00:00:00Z'), noInvalidDate: true }),
        async (zone, start, end, now) => {
          await billing.database.execute({
            text: 'UPDATE billing.member SET dnd_start = $1, dnd_end = $2, zone = $3',
            values: [start, end, zone],
          });
          await billing.database.execute('DELETE FROM billing.send_attempt');
          await billing.database.execute(
            `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', next_attempt_at = NULL, send_token = NULL, lease_owner = NULL, lease_until = NULL, attempts = 0`,
          );
          billing.setNow(now.toISOString());
          const [answer] = await billing.ports.bills.claim([sendable(bill)], leaseMs);
          expect(endOf(answer)).toBe(isQuiet({ start, end, zone }, now) ? 'deferred: quiet hours' : 'claimed');
        },
      ),
      { numRuns: 100 },
    );
  });
});
