import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refused } from '../../../pipelines/billing/delivery.ts';
import type { FailedSelection, RetriedBills } from '../../../pipelines/billing/retryStore.ts';
import { codeOf, textOf, WeirError } from '../../../src/errors.ts';
import { Decision } from '../../../src/message/decision.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, emptied, pending, sendable, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

/** Claims bills and records that the mail server refused them. */
async function failed(count: number): Promise<void> {
  const answers = await billing.ports.bills.claim((await pending(billing, count)).map(sendable), 60_000);
  const sends = answers.map((answer) => {
    if (Decision.is(answer)) throw new Error(`not claimed: ${answer.reason}`);
    return answer;
  });
  await billing.ports.bills.record(sends.map((send) => refused(send, new WeirError('refused', '550'))));
}

function retry(change: Partial<FailedSelection> = {}): Promise<RetriedBills> {
  const selection = { billingDate: '2026-11-01', failCode: 'refused', expected: 3, ...change };
  return billing.database.withTransaction((transaction) => billing.ports.retries.retry(transaction, selection));
}

async function refusalOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
}

const states = (): Promise<readonly object[]> =>
  billing.database.query('SELECT send_status, fail_code, next_attempt_at, quiet_override FROM billing.billing_p ORDER BY id');

describe('failed bills that are sent again', () => {
  it('wait for the next redispatch, which brings all of them, and their mails are on record as tries of their own', async () => {
    await failed(3);
    expect(await retry()).toEqual({ retried: 3, remaining: 0 });
    const now = billing.clock.now();
    const waiting = { send_status: 'SEND_PENDING', fail_code: null, next_attempt_at: now, quiet_override: false };
    expect(await states()).toEqual([waiting, waiting, waiting]);
    billing.setNow('2026-11-14T15:10:00Z');
    expect(await billing.run('billing.redispatch', '2026-11-15T00:10')).toMatchObject({ how: 'completed' });
    const due = await billing.database.query(
      `SELECT FROM billing.billing_p WHERE send_status = 'SEND_PENDING' AND next_attempt_at IS NULL`,
    );
    expect(due).toHaveLength(3);
  });

  it('are left alone when there are not as many as expected', async () => {
    await failed(3);
    const before = await states();
    expect(await refusalOf(retry({ expected: 4 }))).toBe(
      'refused: 3 bills of 2026-11 have failed with refused and were not sent since, not the expected 4: nothing was done.',
    );
    expect(await states()).toEqual(before);
  });

  it('are those of the month and the code alone', async () => {
    await failed(3);
    expect(await refusalOf(retry({ failCode: 'decryption' }))).toMatch(/^refused: 0 bills/);
    expect(await refusalOf(retry({ billingDate: '2026-12-01' }))).toMatch(/^refused: 0 bills of 2026-12/);
  });

  it('are not those that the ledger knows as sent', async () => {
    await failed(3);
    await billing.database.execute(`
      UPDATE billing.send_attempt SET result = 'SENT', code = NULL WHERE id = (SELECT min(id) FROM billing.send_attempt)`);
    expect(await retry({ expected: 2 })).toEqual({ retried: 2, remaining: 0 });
    expect((await states()).filter((row) => 'send_status' in row && row.send_status === 'FAILED')).toHaveLength(1);
  });

  it('are told by what is left, also to the second of two who have decided about the same ones at once', async () => {
    await failed(3);
    const { database, ports } = billing;
    const selection = { billingDate: '2026-11-01', failCode: 'refused', expected: 3 };
    let second: Promise<RetriedBills> | undefined;
    const first = await database.withTransaction(async (transaction) => {
      const done = await ports.retries.retry(transaction, selection);
      second = retry();
      await until('the second waits for the first', async () => (await lockWaits(database)) > 0);
      return done;
    });
    expect([first, await second]).toEqual([
      { retried: 3, remaining: 0 },
      { retried: 0, remaining: 0 },
    ]);
  });
});
