import { beforeAll, beforeEach, expect, it } from 'vitest';
import { signatureHeaders } from '../../../simulators/signature.ts';
import { until } from '../../support/until.ts';
import { anApi, type Api } from './anApi.ts';
import { aRemittance, aRequest, bankSecret, openAccounts, standOf, type Remittance, type RemittanceProcess } from './aRemittance.ts';

let remittance: Remittance;
let process: RemittanceProcess;
let api: Api;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { A: 10_000_000n, B: 0n });
  process = remittance.aProcess();
  api = await anApi(remittance, process);
  remittance.bank.webhooks.sendTo(`${api.url}/webhooks/bank`);
});

beforeEach(() => {
  remittance.bank.faults.clear();
  remittance.bank.webhooks.faults.clear();
});

/** A request whose call has been made; answers once the bank has ended it, and the event was posted unless a fault kept it. */
async function called(events: number, amountMinor = 12_000n): Promise<bigint> {
  const { deliveries } = remittance.bank.webhooks;
  const before = deliveries.length;
  const number = await aRequest(process, { amountMinor });
  const running = process.start(['remittance.bankCalls']);
  await remittance.quiet();
  await running.drain();
  const hasEnded = (): boolean =>
    remittance.bank.record().transfers.some(({ key, status }) => key === `${number}-MOVE_IN-1` && status !== 'ACCEPTED');
  await until('the bank has ended it', hasEnded);
  await until('its events were answered', () => deliveries.length >= before + events);
  return number;
}

const lastAnswers = (count: number): readonly (number | undefined)[] =>
  remittance.bank.webhooks.deliveries.slice(-count).map(({ status }) => status);

/** Posts an event as the bank does, or as somebody does who is not the bank. */
function postEvent(event: object, { secret = bankSecret, ageS = 0 } = {}): Promise<number> {
  const body = JSON.stringify(event);
  const headers = {
    'content-type': 'application/json',
    ...signatureHeaders(secret, Math.floor(remittance.now().getTime() / 1_000) - ageS, body),
  };
  return fetch(`${api.url}/webhooks/bank`, { method: 'POST', headers, body }).then(({ status }) => status);
}

/** What an event leaves behind. */
async function traces(number: bigint): Promise<readonly unknown[]> {
  const inbox = await remittance.database.query('SELECT event_id FROM remittance.inbox ORDER BY event_id');
  return [await standOf(remittance, number), inbox];
}

it('ends a call at once, and an event that comes twice changes nothing', async () => {
  remittance.bank.webhooks.faults.add({ phase: 'webhook', action: { kind: 'duplicate' }, times: 1 });
  const number = await called(2);
  expect(lastAnswers(2)).toEqual([200, 200]);
  expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING', calls: ['MOVE_IN 1 DONE'], failures: [] });
});

it('fails the request of a call that the bank refuses', async () => {
  const number = await called(1, 10_000_001n);
  expect(await standOf(remittance, number)).toMatchObject({ state: 'FAILED', failCode: 'INSUFFICIENT_FUNDS' });
});

it('takes events in any order, also late and beside the answers to questions', async () => {
  remittance.bank.webhooks.faults.add({ phase: 'webhook', action: { kind: 'reorder' }, times: 1 });
  const kept = await called(0);
  const other = await called(2);
  for (const number of [kept, other]) expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING' });
  remittance.bank.webhooks.faults.add({ phase: 'webhook', action: { kind: 'drop' }, times: 1 });
  const asked = await called(0);
  expect(await standOf(remittance, asked)).toMatchObject({ state: 'REQUESTED' });
  remittance.pass(10_000);
  const running = process.start(['remittance.bankCalls']);
  await remittance.quiet();
  await running.drain();
  expect(await standOf(remittance, asked)).toMatchObject({ state: 'DEPOSIT_PENDING' });
  expect(await postEvent({ eventId: `late ${asked}`, key: `${asked}-MOVE_IN-1`, status: 'DONE' })).toBe(200);
  expect(await standOf(remittance, asked)).toMatchObject({ state: 'DEPOSIT_PENDING', parked: null });
});

it.each([
  ['wrongly signed', { kind: 'wrongSignature' }],
  ['stale', { kind: 'stale', byS: 301 }],
] as const)('refuses an event that is %s, and changes nothing', async (_name, action) => {
  remittance.bank.webhooks.faults.add({ phase: 'webhook', action, times: 1 });
  const number = await called(1);
  expect(lastAnswers(1)).toEqual([401]);
  expect(await standOf(remittance, number)).toMatchObject({ state: 'REQUESTED', calls: ['MOVE_IN 1 ASKED'] });
});

it('takes a replayed event for the one that it was, whatever it says now', async () => {
  remittance.bank.webhooks.faults.add({ phase: 'webhook', action: { kind: 'drop' }, times: 1 });
  const number = await called(0);
  const [eventId, key] = [`replayed ${number}`, `${number}-MOVE_IN-1`];
  expect(await postEvent({ eventId, key, status: 'DONE' })).toBe(200);
  const before = await traces(number);
  expect(await postEvent({ eventId, key, status: 'REFUSED', reason: 'ACCOUNT_CLOSED' })).toBe(200);
  expect(await traces(number)).toEqual(before);
});

it('has one effect when twenty deliveries come at once', async () => {
  const number = await aRequest(process);
  const key = `${number}-MOVE_IN-1`;
  const events = Array.from({ length: 20 }, (_, index) => ({ eventId: `${number} ${index % 4}`, key, status: 'DONE' }));
  expect(await Promise.all(events.map((event) => postEvent(event)))).toEqual(events.map(() => 200));
  expect(await standOf(remittance, number)).toMatchObject({ state: 'DEPOSIT_PENDING', states: ['REQUESTED', 'DEPOSIT_PENDING'] });
  const told = { text: `SELECT FROM remittance.outbox WHERE key = $1 AND topic = 'remittance.callEnded'`, values: [number.toString()] };
  expect(await remittance.database.query(told)).toHaveLength(1);
});

it.each([
  ['a reason for what was done', { status: 'DONE', reason: 'ACCOUNT_CLOSED' }],
  ['no reason for what was refused', { status: 'REFUSED' }],
  ['what is no end', { status: 'ACCEPTED' }],
  ['a reason that is no code', { status: 'REFUSED', reason: 'because' }],
  ['a field that there is not', { status: 'DONE', amount: 1 }],
])('does not understand %s', async (_name, event) => {
  const number = await aRequest(process);
  const before = await traces(number);
  expect(await postEvent({ eventId: `bad ${number}`, key: `${number}-MOVE_IN-1`, ...event })).toBe(400);
  expect(await traces(number)).toEqual(before);
});

it('knows no transfer under a strange key, and leaves nothing of its event', async () => {
  expect(await postEvent({ eventId: 'strange', key: '1-MOVE_IN-1', status: 'DONE' })).toBe(404);
  expect(await remittance.database.query(`SELECT FROM remittance.inbox WHERE event_id = 'strange'`)).toEqual([]);
});
