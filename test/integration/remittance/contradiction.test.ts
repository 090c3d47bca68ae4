import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callKinds } from '../../../pipelines/remittance/bankCall.ts';
import { booksStore } from '../../../pipelines/remittance/booksStore.ts';
import { callClaimStore } from '../../../pipelines/remittance/callClaimStore.ts';
import { deskStore } from '../../../pipelines/remittance/deskStore.ts';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { parkedRemittances } from '../../../pipelines/remittance/remittanceGauges.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { stuckStore } from '../../../pipelines/remittance/stuckStore.ts';
import { Decision } from '../../../src/message/decision.ts';
import { askGauge } from '../../support/askGauge.ts';
import { aDesk, refusalOf, type ADesk } from './aDesk.ts';
import { aLedger, standOf, type ALedger } from './aLedger.ts';
import { contradicted, type Contradicted, type Word } from './contradicted.ts';
import { ledgerFlaws } from './ledgerFlaws.ts';

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

describe('a contradiction about a remittance that has its end', () => {
  const seen = async (requestId: bigint): Promise<object> => {
    const sheets = deskStore(ledger.database);
    const listed = await sheets.list({ which: 'parked', after: 0n, limit: 10, lateBefore: ledger.now() });
    const gauge = await askGauge(ledger.database, ledger.now, parkedRemittances);
    return {
      ...{ listed: listed.map(({ number, parkReason }) => [number, parkReason]), gauge },
      shown: (await sheets.show(requestId))?.['parkReason'],
      flaws: (await booksStore(ledger.database).read()).findings.map(({ says }) => says),
    };
  };

  it.each([
    ['FAILED', 'MOVE_IN', 'refused', 'done'],
    ['COMPLETED', 'PAY_OUT', 'done', 'refused'],
    ['RETURNED', 'RETURN', 'done', 'refused'],
  ] as const)('is seen everywhere until a person has ended it: %s', async (state, kind, first, then) => {
    const { requestId, callId } = await bank.upTo(kind);
    await bank.says(callId, first);
    await bank.settle(callId);
    await bank.says(callId, then);
    const status = first === 'done' ? 'DONE' : 'REFUSED';
    expect(await seen(requestId)).toEqual({
      ...{ listed: [[requestId.toString(), 'CONTRADICTION']], shown: 'CONTRADICTION' },
      gauge: [{ reason: 'CONTRADICTION', weir_remittances_parked: 1n }],
      flaws: [
        `Call ${callId} (${kind}) of remittance ${requestId}, which is ${state}, stands as ${status}, and the bank has said the opposite too.`,
      ],
    });
    expect(await refusalOf(desk.resolve(requestId, then))).toContain(`is ${state}: its ${kind} is booked as ${status}`);
    await desk.resolve(requestId, first);
    expect(await seen(requestId)).toEqual({ listed: [], gauge: [], shown: null, flaws: [] });
  });
});

describe("a person's word about what a bank meant", () => {
  const both: readonly (readonly [Word, Word])[] = [
    ['done', 'refused'],
    ['refused', 'done'],
  ];
  /** What becomes of a call that is not booked, by what is true. */
  const ends = {
    MOVE_IN: { done: { state: 'DEPOSITED', records: 'MOVED_IN' }, refused: { state: 'FAILED REFUSED_AFTER_ALL', records: null } },
    PAY_OUT: {
      done: { state: 'COMPLETED', records: 'MOVED_IN WITHDRAWN PAID_OUT' },
      refused: { state: expect.stringMatching(/^RETURNING \S+$/) as string, records: 'MOVED_IN WITHDRAWN REVERSED SENT_BACK' },
    },
    RETURN: {
      done: { state: 'RETURNED ACCOUNT_CLOSED', records: 'MOVED_IN WITHDRAWN REVERSED SENT_BACK RETURNED' },
      refused: { state: 'RETURNING ACCOUNT_CLOSED RETURN_REFUSED', records: 'MOVED_IN WITHDRAWN REVERSED SENT_BACK SUSPENDED' },
    },
  };
  const cases = callKinds.flatMap((kind) =>
    both
      .filter(([first]) => kind !== 'MOVE_IN' || first === 'done')
      .flatMap(([first, then]) => [first, then].map((truth) => [kind, first, then, truth] as const)),
  );

  it.each(cases)('has a call booked by it: %s %s, then %s; true is %s', async (kind, first, then, truth) => {
    const { requestId, callId } = await bank.upTo(kind);
    await bank.says(callId, first, then);
    expect(await bank.settle(callId)).toBe('deferred');
    await ledger.database.execute('TRUNCATE remittance.outbox');
    await desk.resolve(requestId, truth);
    expect(await standOf(ledger, requestId)).toMatchObject({ messages: 'remittance.callEnded' });
    ledger.pass(1);
    expect(await bank.settle(callId)).toBe(kind === 'RETURN' && truth === 'refused' ? 'parked' : 'booked');
    expect(await standOf(ledger, requestId)).toMatchObject(ends[kind][truth]);
    expect(await bank.settle(callId)).toBe('skipped');
    expect(await ledgerFlaws(ledger.database)).toEqual([]);
  });

  it('leaves no withdrawal behind that waits for somebody, once the money never came', async () => {
    const { requestId, callId } = await bank.upTo('MOVE_IN');
    await bank.says(callId, 'done');
    const failed = { id: requestId, requestId, code: 'defect', error: 'zero', tries: 1, next: { kind: 'parked' } } as const;
    await ledger.database.withTransaction((transaction) => failureStore(ledger.now).write(transaction, 'withdrawal', [failed]));
    await bank.says(callId, 'refused');
    await desk.resolve(requestId, 'refused');
    ledger.pass(1);
    expect(await bank.settle(callId)).toBe('booked');
    expect(await standOf(ledger, requestId)).toMatchObject(ends.MOVE_IN.refused);
    expect(await askGauge(ledger.database, ledger.now, parkedRemittances)).toEqual([]);
  });

  it('has money released that was put aside, or offered once more, as the bank meant it', async () => {
    for (const truth of ['done', 'refused'] as const) {
      const { requestId, callId } = await bank.upTo('RETURN');
      await bank.says(callId, 'refused');
      await bank.settle(callId);
      await bank.says(callId, 'done');
      await desk.resolve(requestId, truth);
      ledger.pass(1);
      expect(await bank.settle(callId)).toBe(truth === 'done' ? 'booked' : 'parked');
      const stand = truth === 'done' ? 'RETURNED ACCOUNT_CLOSED' : 'RETURNING ACCOUNT_CLOSED RETURN_REFUSED';
      expect(await standOf(ledger, requestId)).toMatchObject({ state: stand });
      if (truth === 'refused') expect((await desk.retry(requestId)).retries).toMatchObject([{ kind: 'returnAgain', seq: 2 }]);
      expect(await ledgerFlaws(ledger.database)).toEqual([]);
    }
  });

  it('has what was held published again, and the calls made that waited', async () => {
    const { requestId, callId } = await bank.upTo('RETURN');
    await bank.says(await bank.callOf(requestId, 'PAY_OUT'), 'done');
    expect(await isClaimed(callId)).toBe(false);
    await desk.resolve(requestId, 'refused');
    expect(await standOf(ledger, requestId)).toMatchObject({ state: 'RETURNING ACCOUNT_CLOSED' });
    ledger.pass(60);
    expect(await publishedAgain([callId])).toBeGreaterThan(0);
    ledger.pass(600);
    expect(await isClaimed(callId)).toBe(true);
  });

  it('is refused where the opposite is booked, with what stands in the ledger, and changes nothing', async () => {
    const { requestId, callId } = await bank.upTo('PAY_OUT');
    await bank.says(callId, 'refused');
    await bank.settle(callId);
    await bank.says(callId, 'done');
    const before = await standOf(ledger, requestId);
    expect(await refusalOf(desk.resolve(requestId, 'done'))).toMatch(/^refused: .*PAY_OUT is booked as REFUSED.*REVERSED and SENT_BACK/);
    expect(await standOf(ledger, requestId)).toEqual(before);
    await desk.resolve(requestId, 'refused');
    expect(await refusalOf(desk.resolve(requestId, 'refused'))).toMatch(/^refused: .*no call about which the bank contradicts itself/);
  });

  it('names the call where several are contradicted, and holds the request until the last', async () => {
    const { requestId, callId } = await bank.upTo('PAY_OUT');
    const moveIn = await bank.callOf(requestId, 'MOVE_IN');
    await bank.says(callId, 'done', 'refused');
    await bank.says(moveIn, 'refused');
    const refusal = await refusalOf(desk.resolve(requestId, 'done'));
    for (const name of [`${moveIn} (MOVE_IN DONE)`, `${callId} (PAY_OUT DONE)`]) expect(refusal).toContain(name);
    await desk.resolve(requestId, 'done', callId);
    expect(await bank.settle(callId)).toBe('deferred');
    await desk.resolve(requestId, 'done');
    ledger.pass(1);
    expect(await bank.settle(callId)).toBe('booked');
  });

  it('is lost whole with the process, and counts once where two say it at once', async () => {
    const { requestId, callId } = await bank.upTo('PAY_OUT');
    await bank.says(callId, 'done', 'refused');
    const before = await standOf(ledger, requestId);
    await refusalOf(desk.resolve(requestId, 'refused', undefined, true));
    expect(await standOf(ledger, requestId)).toEqual(before);
    const said = await Promise.all([refusalOf(desk.resolve(requestId, 'done')), refusalOf(desk.resolve(requestId, 'refused'))]);
    expect(said.filter((end) => end === 'done')).toHaveLength(1);
  });
});
