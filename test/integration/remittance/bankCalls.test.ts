import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dueCallTopic, endedCallTopic } from '../../../pipelines/remittance/remittanceTopics.ts';
import type { Transfer } from '../../../simulators/bank/transferStore.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { WeirError } from '../../../src/errors.ts';
import { aGate } from '../../support/aGate.ts';
import { countBehind, failingOnce } from '../../support/behind.ts';
import { until } from '../../support/until.ts';
import { aRemittance, aRequest, openAccounts, standOf, type Remittance, type RemittanceProcess } from './aRemittance.ts';

let remittance: Remittance;
let process: RemittanceProcess;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { A: 10_000_000n, B: 0n });
  process = remittance.aProcess();
});

beforeEach(() => {
  remittance.bank.faults.clear();
  remittance.errors.length = 0;
});

/** Calls alone: what the ledger does with what they leave is tested elsewhere. */
const callsAlone = ['remittance.bankCalls'];

/** Lets a process work at what is due now, to its end. */
async function work(by: RemittanceProcess = process): Promise<void> {
  const running = by.start(callsAlone);
  await remittance.quiet();
  expect(await running.drain()).toMatchObject([{ how: 'completed' }]);
}

const transferOf = (key: string): Transfer | undefined => remittance.bank.record().transfers.find((transfer) => transfer.key === key);

const endedAtBank = (key: string): Promise<unknown> =>
  until(`the bank has ended ${key}`, () => (transferOf(key)?.status ?? 'ACCEPTED') !== 'ACCEPTED');

/** How many ends of a request's calls were told to the ledger. */
function ends(number: bigint): number {
  const { partitions } = remittance.store.topic(endedCallTopic);
  return partitions.flat().filter(({ key }) => key === number.toString()).length;
}

describe('calls of the bank', () => {
  it('move the money in, and tell the ledger once', async () => {
    const before = remittance.bank.record().pooled;
    const number = await aRequest(process);
    await work();
    await endedAtBank(`${number}-MOVE_IN-1`);
    expect(await standOf(remittance, number)).toMatchObject({ state: 'REQUESTED', calls: ['MOVE_IN 1 ASKED'], asks: 1, tries: 0 });
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ state: 'REQUESTED', asks: 1 });
    remittance.pass(10_000);
    await work();
    const end = { state: 'DEPOSIT_PENDING', calls: ['MOVE_IN 1 DONE'], states: ['REQUESTED', 'DEPOSIT_PENDING'], failures: [] };
    expect(await standOf(remittance, number)).toMatchObject(end);
    expect(remittance.bank.record().pooled).toBe(before + 12_000n);
    expect(transferOf(`${number}-MOVE_IN-1`)?.requests).toBe(1);
    expect(ends(number)).toBe(1);
  });

  it('that the bank refuses fail their request with its reason, and the ledger has nothing to learn', async () => {
    const number = await aRequest(process, { amountMinor: 10_000_001n });
    await work();
    await endedAtBank(`${number}-MOVE_IN-1`);
    remittance.pass(10_000);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({
      state: 'FAILED',
      failCode: 'INSUFFICIENT_FUNDS',
      calls: ['MOVE_IN 1 REFUSED INSUFFICIENT_FUNDS'],
      states: ['REQUESTED', 'FAILED'],
    });
    expect(ends(number)).toBe(0);
    const [call] = await remittance.database.query({ text: unbooked, values: [number] });
    expect(call).toEqual({ is_booked: true });
  });

  it('whose answer is lost after the bank has done them are asked about, never made under another key', async () => {
    const number = await aRequest(process);
    remittance.bank.faults.add({ phase: 'after', on: 'POST /transfers', to: `${number}-`, times: 1, action: { kind: 'cut' } });
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ calls: ['MOVE_IN 1 ASKED'], tries: 1, failures: [] });
    await endedAtBank(`${number}-MOVE_IN-1`);
    remittance.pass(10_000);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING', calls: ['MOVE_IN 1 DONE'] });
    expect(remittance.bank.record().transfers.filter(({ key }) => key.startsWith(`${number}-`))).toMatchObject([{ requests: 1 }]);
  });

  it('that arrive long after they were given up as lost are carried out once', async () => {
    const number = await aRequest(process);
    const { wire, arrive } = aDetour();
    await work(remittance.aProcess({ wire }));
    remittance.pass(10_000);
    await work();
    expect(transferOf(`${number}-MOVE_IN-1`)?.requests).toBe(1);
    await arrive();
    expect(transferOf(`${number}-MOVE_IN-1`)?.requests).toBe(2);
    await endedAtBank(`${number}-MOVE_IN-1`);
    remittance.pass(10_000);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING', calls: ['MOVE_IN 1 DONE'] });
  });

  it('are tried three times ten seconds apart, then by their table of failures, then by a person; the bank counts whenever it speaks', async () => {
    const number = await aRequest(process);
    remittance.bank.faults.add({ phase: 'before', to: `${number}-`, action: { kind: 'reply', status: 500 } });
    for (const tries of [1, 2]) {
      await work();
      expect(await standOf(remittance, number)).toMatchObject({ tries, failures: [], parked: null });
      remittance.pass(10_000);
    }
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ tries: 3, failures: ['NO_ANSWER 3'], parked: null });
    for (const tries of [4, 5]) {
      await publishAgain(number);
      await work();
      expect(await standOf(remittance, number)).toMatchObject({ tries, failures: [`NO_ANSWER ${tries}`], parked: null });
    }
    await publishAgain(number);
    await work();
    const parked = { state: 'REQUESTED', tries: 6, failures: ['NO_ANSWER 6 parked'], parked: 'NO_ANSWER' };
    expect(await standOf(remittance, number)).toMatchObject(parked);
    remittance.bank.faults.clear();
    await publishAgain(number);
    await work();
    expect(await standOf(remittance, number)).toMatchObject(parked);
    expect(transferOf(`${number}-MOVE_IN-1`)).toBe(undefined);
    const event = { eventId: `late ${number}`, key: `${number}-MOVE_IN-1`, word: { kind: 'done' } } as const;
    expect(await process.ports.callbacks.take(event)).toBe('recorded');
    expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING', failures: ['NO_ANSWER 6 ended'], parked: null });
  });

  it('begin to count anew once the bank answers', async () => {
    const number = await aRequest(process);
    remittance.bank.faults.add({ phase: 'before', to: `${number}-`, times: 3, action: { kind: 'reply', status: 503 } });
    for (let round = 0; round < 3; round += 1) {
      await work();
      remittance.pass(10_000);
    }
    expect(await standOf(remittance, number)).toMatchObject({ tries: 3, failures: ['NO_ANSWER 3'] });
    await publishAgain(number);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ tries: 0, asks: 1, failures: ['NO_ANSWER 3 ended'] });
  });

  it('that the bank has accepted are asked about on a growing schedule', async () => {
    const number = await aRequest(process);
    const waits: number[] = [];
    const patient = remittance.aProcess({ wire: acceptedForEver });
    for (let round = 0; round < 12; round += 1) {
      await work(patient);
      const [row] = await remittance.database.query<{ readonly next_ask_at: Date }>({ text: nextAsk, values: [number] });
      const waitMs = (row?.next_ask_at.getTime() ?? 0) - remittance.now().getTime();
      waits.push(waitMs / 1_000);
      remittance.pass(waitMs);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600]);
    expect(await standOf(remittance, number)).toMatchObject({ state: 'REQUESTED', asks: 12, tries: 0, parked: null });
  });

  it('wait before the gate of a bank that is away, which costs no try', async () => {
    const number = await aRequest(process);
    const gate = aGate({ isOpen: false });
    const running = remittance.aProcess({ gate }).start(callsAlone);
    await until('the call waits', () => hasUnsettled());
    expect(await standOf(remittance, number)).toMatchObject({ calls: ['MOVE_IN 1 READY'], tries: 0 });
    gate.open();
    await remittance.quiet();
    await running.drain();
    expect(await standOf(remittance, number)).toMatchObject({ calls: ['MOVE_IN 1 ASKED'], tries: 0, asks: 1 });
  });

  it('whose gate is shut behind their claim come back at their time, which costs no try', async () => {
    const number = await aRequest(process);
    const gate = aGate();
    const claim: typeof process.ports.bankCalls.claim = async (calls, leaseMs) => {
      const claimed = await process.ports.bankCalls.claim(calls, leaseMs);
      gate.shut();
      return claimed;
    };
    const closing = remittance.aProcess({ gate });
    Object.assign(closing.ports.bankCalls, { claim });
    await work(closing);
    expect(await standOf(remittance, number)).toMatchObject({ calls: ['MOVE_IN 1 ASKED'], tries: 0, asks: 0 });
    remittance.pass(10_000);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({ tries: 0, asks: 1 });
  });

  it('named by several messages to two consumers at once are made once', async () => {
    const numbers = await Promise.all(Array.from({ length: 40 }, () => aRequest(process)));
    for (const number of numbers) await publishAgain(number, false);
    const running = [remittance.aProcess(), remittance.aProcess()].map((each) => each.start(callsAlone));
    await remittance.quiet();
    for (const each of running) await each.drain();
    const transfers = remittance.bank.record().transfers.filter(({ key }) => numbers.some((number) => key.startsWith(`${number}-`)));
    expect(transfers.map(({ requests }) => requests)).toEqual(numbers.map(() => 1));
  });

  it('that do not exist, and what is no message, are dead letters', async () => {
    const before = remittance.store.topic(dueCallTopic).deadLetters.length;
    remittance.store.append(dueCallTopic, [
      { key: '1', value: Buffer.from('{"version":1,"id":"1"}') },
      { key: '2', value: Buffer.from('{"version":1,"id":"0"}') },
    ]);
    await work();
    const letters = remittance.store.topic(dueCallTopic).deadLetters.slice(before);
    expect(letters.map(({ code }) => code).toSorted()).toEqual(['notFound', 'undecodable']);
  });

  it('that the bank has ended are never ended otherwise: the request is parked and people are told', async () => {
    const number = await aRequest(process);
    const key = `${number}-MOVE_IN-1`;
    const take = (eventId: string, word: { kind: 'done' } | { kind: 'refused'; reason: string }) =>
      process.ports.callbacks.take({ eventId: `${number} ${eventId}`, key, word });
    expect(await take('1', { kind: 'done' })).toBe('recorded');
    expect(await take('2', { kind: 'done' })).toBe('unchanged');
    expect(await take('1', { kind: 'done' })).toBe('duplicate');
    expect(remittance.errors).toEqual([]);
    expect(await take('3', { kind: 'refused', reason: 'ACCOUNT_CLOSED' })).toBe('contradicted');
    expect(await standOf(remittance, number)).toMatchObject({
      state: 'DEPOSIT_PENDING',
      calls: ['MOVE_IN 1 DONE'],
      parked: 'CONTRADICTION',
      failures: ['CONTRADICTION 0 parked'],
    });
    expect(remittance.errors).toMatchObject([[expect.stringContaining('opposite'), { state: 'DONE' }]]);
  });

  it('that the bank does after it has refused them are parked although their request has failed', async () => {
    const number = await aRequest(process);
    const key = `${number}-MOVE_IN-1`;
    const { callbacks } = process.ports;
    await callbacks.take({ eventId: `${number} 1`, key, word: { kind: 'refused', reason: 'ACCOUNT_CLOSED' } });
    expect(await callbacks.take({ eventId: `${number} 2`, key, word: { kind: 'done' } })).toBe('contradicted');
    expect(await standOf(remittance, number)).toMatchObject({
      state: 'FAILED',
      calls: ['MOVE_IN 1 REFUSED ACCOUNT_CLOSED'],
      failures: ['CONTRADICTION 0 parked'],
    });
  });
});

const unbooked = 'SELECT booked_at IS NOT NULL AS is_booked FROM remittance.bank_call WHERE request_id = $1';
const nextAsk = 'SELECT next_ask_at FROM remittance.bank_call WHERE request_id = $1';

function hasUnsettled(): boolean {
  return remittance.store.group(dueCallTopic, 'cg-remittance-bank-call').some(({ unsettled }) => unsettled > 0);
}

/** What the job that retries does with a call. */
async function publishAgain(number: bigint, isLate = true): Promise<void> {
  if (isLate) remittance.pass(600_000);
  const values = [number];
  const [row] = await remittance.database.query<{ readonly id: bigint }>({
    text: 'SELECT id FROM remittance.bank_call WHERE request_id = $1',
    values,
  });
  const key = String(row?.id);
  remittance.store.append(dueCallTopic, [{ key, value: Buffer.from(JSON.stringify({ version: 1, id: key })) }]);
}

/** A way to the bank on which everything is given up as lost, and arrives only once a test wants it there. */
function aDetour(): { readonly wire: (client: HttpClient) => HttpClient; readonly arrive: () => Promise<unknown> } {
  const kept: (() => Promise<unknown>)[] = [];
  const wire = (client: HttpClient): HttpClient => ({
    ...client,
    ask: (request) => {
      kept.push(() => client.ask(request, new AbortController().signal));
      return Promise.reject(new WeirError('outcomeUnknown', 'The connection was lost.'));
    },
  });
  return { wire, arrive: () => Promise.all(kept.map((late) => late())) };
}

/** A bank that has accepted everything and ends nothing. */
const acceptedForEver = (client: HttpClient): HttpClient => ({
  ...client,
  ask: () => Promise.resolve({ status: 202, headers: {}, body: '{"status":"ACCEPTED"}' }),
});

describe('a process that makes calls', () => {
  const options = {
    'remittance.bankCalls': {
      ask: { concurrency: 2, claimWaitMs: 0 },
      record: { size: 2, maxWaitMs: 1 },
      repeat: { firstDelayMs: 1, maxDelayMs: 1 },
    },
  };

  it('claims no more than it asks and records at once, however slow the recording is', async () => {
    const slow = remittance.aProcess({ options });
    const { claim, record } = slow.ports.bankCalls;
    const behind = countBehind(claim, record, () => remittance.database.query('SELECT 1'));
    Object.assign(slow.ports.bankCalls, { claim: behind.claim, record: behind.record });
    const numbers: bigint[] = [];
    for (let made = 0; made < 20; made += 1) numbers.push(await aRequest(slow));
    await work(slow);
    const stands = await Promise.all(numbers.map((number) => standOf(remittance, number)));
    expect(new Set(stands.map(({ asks }) => asks))).toEqual(new Set([1]));
    expect(behind.most()).toBeLessThan(4);
  });

  it.each(['claim', 'record'] as const)('goes on where its %s failed in a way that passes', async (name) => {
    const troubled = remittance.aProcess({ options });
    const { claim, record } = troubled.ports.bankCalls;
    Object.assign(troubled.ports.bankCalls, name === 'claim' ? { claim: failingOnce(claim) } : { record: failingOnce(record) });
    const number = await aRequest(troubled);
    await work(troubled);
    expect(await standOf(remittance, number)).toMatchObject({ asks: 1, calls: ['MOVE_IN 1 ASKED'] });
  });
});
