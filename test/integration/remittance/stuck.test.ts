import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureStore, type FailingStep } from '../../../pipelines/remittance/failureStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { retryDeposits, retryRequests, retryWithdrawals } from '../../../pipelines/remittance/retry.job.ts';
import { stuckStore } from '../../../pipelines/remittance/stuckStore.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';

let ledger: ALedger;

beforeAll(async () => {
  ledger = await aLedger();
});

beforeEach(() => ledger.empty());

const settings = {
  ...{ partitions: 1, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 2, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};
const jobs = { deposit: retryDeposits, withdrawal: retryWithdrawals, call: retryRequests };

/** Runs a job as of the calendar's minute; answers what it has published: topics with the ids of rows. */
async function retry(step: FailingStep): Promise<readonly string[]> {
  await ledger.database.execute('TRUNCATE remittance.outbox');
  await ledger.database.execute('TRUNCATE weir.job_run CASCADE');
  const job = jobs[step];
  const end = await runJob({
    ...{
      job,
      ports: { stuck: stuckStore(ledger.database, { outbox: remittanceOutbox, now: ledger.now }) },
      options: job.options.parse({}),
    },
    ...{ key: seoulMinute(ledger.now()), database: ledger.database, clock: realClock, settings, log: silent, holder: 'test' },
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    parts: new Set(),
    draining: new AbortController().signal,
    signal: new AbortController().signal,
  });
  expect(end).toMatchObject({ how: 'completed' });
  const rows = await ledger.database.query<{ topic: string; value: Uint8Array }>('SELECT topic, value FROM remittance.outbox ORDER BY id');
  return rows.map(({ topic, value }) => `${topic} ${(JSON.parse(Buffer.from(value).toString()) as { id: string }).id}`);
}

interface Waiting {
  readonly step: FailingStep;
  /** Of its failure. */
  readonly id: bigint;
  readonly requestId: bigint;
  readonly message: string;
}

const waiting: Readonly<Record<string, () => Promise<Waiting>>> = {
  'a deposit': async () => {
    const requestId = await aRequest(ledger, { state: 'DEPOSIT_PENDING' });
    return { step: 'deposit', id: requestId, requestId, message: `remittance.callEnded ${await aCall(ledger, requestId)}` };
  },
  'a withdrawal': async () => {
    const requestId = await aRequest(ledger, { state: 'DEPOSITED' });
    return { step: 'withdrawal', id: requestId, requestId, message: `remittance.deposited ${requestId}` };
  },
  'a call that has ended': async () => {
    const requestId = await aRequest(ledger, { state: 'WITHDRAWN' });
    const id = await aCall(ledger, requestId, { kind: 'PAY_OUT', status: 'REFUSED' });
    return { step: 'call', id, requestId, message: `remittance.callEnded ${id}` };
  },
  'a call that was asked': async () => {
    const requestId = await aRequest(ledger);
    const id = await aCall(ledger, requestId, { status: 'ASKED' });
    await ledger.database.execute({ text: 'UPDATE remittance.bank_call SET next_ask_at = $2 WHERE id = $1', values: [id, ledger.now()] });
    return { step: 'call', id, requestId, message: `remittance.bankCall ${id}` };
  },
};

async function fail({ step, id, requestId }: Waiting, kind: 'retry' | 'parked'): Promise<void> {
  const next = kind === 'parked' ? { kind } : { kind, at: new Date(ledger.now().getTime() + 300_000) };
  const failure = { id, requestId, code: 'INSUFFICIENT', error: 'too little', tries: 4, next };
  await ledger.database.withTransaction((transaction) => failureStore(ledger.now).write(transaction, step, [failure]));
}

describe.each(Object.entries(waiting))('%s', (_name, make) => {
  it('is published again once nobody has worked on it for a minute, and then every ten minutes', async () => {
    const { step, message } = await make();
    ledger.pass(59);
    expect(await retry(step)).toEqual([]);
    ledger.pass(1);
    expect(await retry(step)).toEqual([message]);
    ledger.pass(540);
    expect(await retry(step)).toEqual([]);
    ledger.pass(60);
    expect(await retry(step)).toEqual([message]);
  });

  it('is published when its failure says so, which keeps its tries, and never while it is parked', async () => {
    const one = await make();
    await fail(one, 'retry');
    ledger.pass(240);
    expect(await retry(one.step)).toEqual([]);
    ledger.pass(60);
    expect(await retry(one.step)).toEqual([one.message]);
    const counted = await ledger.database.withTransaction((transaction) =>
      failureStore(ledger.now).fail(transaction, one.step, [{ ...one, code: 'LATE', error: 'late' }], {
        tries: 9,
        delayMs: 0,
        retries: 0,
        retryDelayMs: 0,
      }),
    );
    expect(counted).toEqual([{ kind: 'soon', at: ledger.now() }]);
    await fail(one, 'parked');
    ledger.pass(86_400);
    expect(await retry(one.step)).toEqual([]);
  });

  it('is left to who works on it just now', async () => {
    const { step, requestId, message } = await make();
    ledger.pass(60);
    await ledger.database.withTransaction(async (transaction) => {
      await transaction.query({ text: 'SELECT FROM remittance.bank_call WHERE request_id = $1 FOR NO KEY UPDATE', values: [requestId] });
      await transaction.query({
        text: 'SELECT FROM remittance.biz_remittance_requests WHERE id = $1 FOR NO KEY UPDATE',
        values: [requestId],
      });
      expect(await retry(step)).toEqual([]);
    });
    expect(await retry(step)).toEqual([message]);
  });
});

it('jobs publish nothing that has its end, and all pages of what has not', async () => {
  const ended = await aRequest(ledger, { state: 'COMPLETED' });
  const call = await aCall(ledger, ended, { kind: 'PAY_OUT' });
  await ledger.database.execute({ text: 'UPDATE remittance.bank_call SET booked_at = ended_at WHERE id = $1', values: [call] });
  const made: string[] = [];
  for (let index = 0; index < 5; index += 1) made.push(`remittance.deposited ${await aRequest(ledger, { state: 'DEPOSITED' })}`);
  ledger.pass(600);
  expect(await retry('call')).toEqual([]);
  expect(await retry('deposit')).toEqual([]);
  expect(await retry('withdrawal')).toEqual(made);
});
