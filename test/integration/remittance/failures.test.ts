import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { booksStore } from '../../../pipelines/remittance/booksStore.ts';
import { contradiction } from '../../../pipelines/remittance/contradictionStore.ts';
import { failureStore, type FailingStep, type FailureStore } from '../../../pipelines/remittance/failureStore.ts';
import type { NextTry } from '../../../pipelines/remittance/nextTry.ts';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { mortalAt } from '../payments/mortalAt.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';

let ledger: ALedger;
let failures: FailureStore;

beforeAll(async () => {
  ledger = await aLedger();
  failures = failureStore(ledger.now);
});

beforeEach(() => ledger.empty());

const options = tryOptions.parse({ tries: 2, delayMs: 10_000, retries: 1, retryDelayMs: 60_000 });
const steps = ['deposit', 'withdrawal', 'call'] as const;
const tables = {
  deposit: 'kcd_bank_account_deposit_failures',
  withdrawal: 'kcd_bank_account_withdrawal_failures',
  call: 'biz_remittance_request_failures',
};

interface Subject {
  readonly id: bigint;
  readonly requestId: bigint;
}

async function aSubject(step: FailingStep): Promise<Subject> {
  const requestId = await aRequest(ledger);
  return { id: step === 'call' ? await aCall(ledger, requestId, { kind: 'PAY_OUT' }) : requestId, requestId };
}

async function fail(step: FailingStep, ...subjects: readonly Subject[]): Promise<readonly NextTry[]> {
  const failed = subjects.map((subject) => ({ ...subject, code: 'INSUFFICIENT', error: 'The pooled account holds too little.' }));
  return ledger.database.withTransaction((transaction) => failures.fail(transaction, step, failed, options));
}

async function end(step: FailingStep, ...ids: readonly bigint[]): Promise<void> {
  await ledger.database.withTransaction((transaction) => failures.end(transaction, step, ids));
}

async function rowOf(step: FailingStep, { requestId }: Subject): Promise<object | undefined> {
  const [row] = await ledger.database.query({
    text: `SELECT tries, next_try_at AS next, failure.park_reason AS parked, ended_at IS NOT NULL AS ended, request.park_reason AS request
      FROM remittance.${tables[step]} AS failure JOIN remittance.biz_remittance_requests AS request ON request.id = request_id WHERE request_id = $1`,
    values: [requestId],
  });
  return row;
}

const after = (seconds: number): Date => new Date(ledger.now().getTime() + seconds * 1_000);

describe.each(steps)('failures of a %s', (step) => {
  it('come soon, then out of their table, then wait for a person with their reason, also on the request', async () => {
    const subject = await aSubject(step);
    const failing = { parked: null, ended: false, request: null };
    expect(await fail(step, subject)).toEqual([{ kind: 'soon', at: after(10) }]);
    // The message is published after ten seconds; the table's own time is when it counts as lost.
    expect(await rowOf(step, subject)).toEqual({ ...failing, tries: 1, next: after(70) });
    expect(await fail(step, subject)).toEqual([{ kind: 'retry', at: after(60) }]);
    expect(await rowOf(step, subject)).toEqual({ ...failing, tries: 2, next: after(60) });
    expect(await fail(step, subject)).toEqual([{ kind: 'parked' }]);
    expect(await rowOf(step, subject)).toEqual({ ...failing, tries: 3, next: null, parked: 'INSUFFICIENT', request: 'INSUFFICIENT' });
  });

  it('end with success, which lifts the park, and begin anew where it fails again', async () => {
    const subject = await aSubject(step);
    for (let time = 0; time < 3; time += 1) await fail(step, subject);
    await end(step, subject.id);
    expect(await rowOf(step, subject)).toEqual({ tries: 3, next: null, parked: null, ended: true, request: null });
    await end(step, subject.id);
    expect(await fail(step, subject)).toEqual([{ kind: 'soon', at: after(10) }]);
    expect(await rowOf(step, subject)).toMatchObject({ tries: 1, ended: false });
  });

  it('are counted each for itself, and answered in their order', async () => {
    const [first, second] = [await aSubject(step), await aSubject(step)];
    await fail(step, second);
    expect((await fail(step, second, first)).map(({ kind }) => kind)).toEqual(['retry', 'soon']);
    expect(await rowOf(step, first)).toMatchObject({ tries: 1 });
    expect(await rowOf(step, second)).toMatchObject({ tries: 2 });
  });
});

it.each(steps)(
  'a process that dies while it parks or lifts a %s leaves the failure and its request alike, at whatever moment',
  async (step) => {
    const pool = openPool(ledger.url);
    for (let lastMoment = 1, hasLived = false; !hasLived; lastMoment += 1) {
      await ledger.empty();
      const { id, requestId } = await aSubject(step);
      const failed = { id, requestId, code: 'INSUFFICIENT', error: 'too little', tries: 3, next: { kind: 'parked' } as const };
      const process = mortalAt(pool, lastMoment);
      hasLived = await process.lives(async () => {
        await process.database.withTransaction((transaction) => failures.write(transaction, step, [failed]));
        await process.database.withTransaction((transaction) => failures.end(transaction, step, [id]));
      });
      const { findings } = await booksStore(ledger.database).read();
      expect(findings, process.where()).toEqual([]);
      if (hasLived) expect(lastMoment).toBeGreaterThan(10);
    }
  },
);

it('a request stays parked while one of its failures is', async () => {
  const requestId = await aRequest(ledger);
  const call = { id: await aCall(ledger, requestId), requestId };
  const subject = { id: requestId, requestId };
  for (let time = 0; time < 3; time += 1) {
    await fail('deposit', subject);
    await fail('call', call);
  }
  await end('deposit', requestId);
  expect(await rowOf('deposit', subject)).toMatchObject({ ended: true, request: 'INSUFFICIENT' });
  await end('call', call.id);
  expect(await rowOf('call', call)).toMatchObject({ ended: true, request: null });
});

it('success of a call ends what failed of earlier calls of its kind, and nothing else', async () => {
  const requestId = await aRequest(ledger, { state: 'RETURNING' });
  const refused = { id: await aCall(ledger, requestId, { kind: 'RETURN', status: 'REFUSED' }), requestId };
  const payOut = { id: await aCall(ledger, requestId, { kind: 'PAY_OUT', status: 'REFUSED' }), requestId };
  const next = { kind: 'parked' } as const;
  const parked = [refused, payOut].map((call, place) => ({ ...call, code: `CODE_${place}`, error: 'refused', tries: 0, next }));
  await ledger.database.withTransaction((transaction) => failures.write(transaction, 'call', parked));
  const done = await aCall(ledger, requestId, { kind: 'RETURN', seq: 2 });
  await end('call', done);
  const open = await ledger.database.query('SELECT call_id FROM remittance.biz_remittance_request_failures WHERE ended_at IS NULL');
  expect(open).toEqual([{ call_id: payOut.id }]);
  expect(await ledger.database.query('SELECT park_reason FROM remittance.biz_remittance_requests')).toEqual([{ park_reason: 'CODE_1' }]);
});

it('a request that has its end is not parked, whatever fails', async () => {
  const requestId = await aRequest(ledger, { state: 'COMPLETED' });
  const call = { id: await aCall(ledger, requestId, { kind: 'PAY_OUT' }), requestId };
  for (let time = 0; time < 3; time += 1) await fail('call', call);
  expect(await rowOf('call', call)).toMatchObject({ parked: 'INSUFFICIENT', request: null });
});

it('what a bank has contradicted stays parked, whatever its call brings besides', async () => {
  const requestId = await aRequest(ledger);
  const call = { id: await aCall(ledger, requestId, { kind: 'PAY_OUT' }), requestId };
  const next = { kind: 'parked' } as const;
  await ledger.database.withTransaction((transaction) =>
    failures.write(transaction, 'call', [{ ...call, code: contradiction, error: 'both', tries: 0, next }]),
  );
  await fail('call', call);
  await end('call', call.id);
  expect(await rowOf('call', call)).toMatchObject({ parked: contradiction, ended: false, request: contradiction });
});

it('whoever lifts a park sees what another process parks meanwhile', async () => {
  const requestId = await aRequest(ledger);
  const call = { id: await aCall(ledger, requestId), requestId };
  const subject = { id: requestId, requestId };
  for (let time = 0; time < 3; time += 1) await fail('call', call);
  let ended: Promise<void> | undefined;
  await ledger.database.withTransaction(async (transaction) => {
    const next = { kind: 'parked' } as const;
    // For the same reason, so that nothing changes on the request.
    await failures.write(transaction, 'deposit', [{ ...subject, code: 'INSUFFICIENT', error: 'too little', tries: 3, next }]);
    ended = end('call', call.id);
    await until('it waits', async () => (await lockWaits(ledger.database)) > 0);
  });
  await ended;
  expect(await rowOf('deposit', subject)).toMatchObject({ parked: 'INSUFFICIENT', request: 'INSUFFICIENT' });
});
