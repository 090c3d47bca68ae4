import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callKinds } from '../../../pipelines/remittance/bankCall.ts';
import { callClaimStore } from '../../../pipelines/remittance/callClaimStore.ts';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { stuckStore } from '../../../pipelines/remittance/stuckStore.ts';
import { Decision } from '../../../src/message/decision.ts';
import { aDesk, refusalOf, type ADesk } from './aDesk.ts';
import { aLedger, standOf, type ALedger } from './aLedger.ts';
import { contradicted, type Contradicted } from './contradicted.ts';

let ledger: ALedger;
let bank: Contradicted;
let desk: ADesk;

beforeAll(async () => {
  ledger = await aLedger();
  [bank, desk] = [contradicted(ledger), aDesk(ledger)];
});

beforeEach(() => ledger.empty());

/** What the jobs publish again, whenever they look and whoever names it to them. */
async function publishedAgain(ids: readonly bigint[]): Promise<number> {
  const stuck = stuckStore(ledger.database, { outbox: remittanceOutbox, now: ledger.now });
  let published = 0;
  for (const step of ['deposit', 'withdrawal', 'call'] as const) {
    published += await stuck.count(step, ledger.now());
    const named = ids.map((id) => ({ step, id }));
    const answers = await ledger.database.withTransaction((transaction) => stuck.publishAgain(transaction, named));
    published += answers.filter((answer) => !Decision.is(answer)).length;
  }
  return published;
}

async function isClaimed(callId: bigint): Promise<boolean> {
  const [answer] = await callClaimStore(ledger.database, ledger.now).claim([{ callId, claimed: undefined }], 1_000);
  return !Decision.is(answer);
}

describe('a request of which the bank has said both', () => {
  const orders = callKinds.flatMap((kind) => [
    [kind, 'done', 'refused'] as const,
    ...(kind === 'MOVE_IN' ? [] : [[kind, 'refused', 'done'] as const]),
  ]);

  it.each(orders)('stays as it is: %s %s, then %s', async (kind, first, then) => {
    const { requestId, callId } = await bank.upTo(kind);
    await bank.says(callId, first, then);
    const before = await standOf(ledger, requestId);
    expect(await bank.settle(callId)).toBe('deferred');
    ledger.pass(86_400);
    expect(await publishedAgain([callId, requestId])).toBe(0);
    expect(await refusalOf(desk.retry(requestId))).toMatch(/^refused: .*CONTRADICTION.*weir remittance resolve/);
    expect(await standOf(ledger, requestId)).toEqual(before);
  });

  it('has no other call made', async () => {
    const { requestId, callId } = await bank.upTo('RETURN');
    await bank.says(await bank.callOf(requestId, 'PAY_OUT'), 'done');
    expect(await isClaimed(callId)).toBe(false);
    ledger.pass(86_400);
    expect(await publishedAgain([callId])).toBe(0);
    expect(await standOf(ledger, requestId)).toMatchObject({ calls: expect.stringMatching(/RETURN READY$/) as string });
    const other = await bank.upTo('RETURN');
    expect(await isClaimed(other.callId)).toBe(true);
  });

  it('has its money left where it is', async () => {
    const { requestId, callId } = await bank.upTo('MOVE_IN');
    await bank.says(callId, 'done');
    await bank.settle(callId);
    await bank.says(callId, 'refused');
    expect(await bank.withdraw(requestId)).toBe('deferred');
    ledger.pass(86_400);
    expect(await publishedAgain([requestId])).toBe(0);
    expect(await standOf(ledger, requestId)).toMatchObject({ state: 'DEPOSITED CONTRADICTION', records: 'MOVED_IN' });
  });

  it.each(callKinds)('is not tried again, whatever else has failed of it: %s', async (kind) => {
    const { requestId, callId } = await bank.upTo(kind);
    await bank.says(callId, 'done');
    await bank.settle(callId);
    await bank.says(callId, 'refused');
    const failure = { id: requestId, requestId, code: 'INSUFFICIENT', error: 'a sentence', tries: 6, next: { kind: 'parked' } as const };
    for (const step of ['deposit', 'withdrawal'] as const) {
      await ledger.database.withTransaction((transaction) => failureStore(ledger.now).write(transaction, step, [failure]));
    }
    expect(await refusalOf(desk.retry(requestId))).toContain('CONTRADICTION');
  });

  it('is not offered its money once more where the bank refused that and says now that it was done', async () => {
    const { requestId, callId } = await bank.upTo('RETURN');
    await bank.says(callId, 'refused');
    expect(await bank.settle(callId)).toBe('parked');
    await bank.says(callId, 'done');
    expect(await refusalOf(desk.retry(requestId))).toContain('CONTRADICTION');
    expect(await bank.callOf(requestId, 'RETURN')).toBe(callId);
  });
});
