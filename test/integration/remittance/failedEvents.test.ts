import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFailedEvent, type FailedEvent } from '../../../pipelines/remittance/failedEvent.ts';
import { failedEventStore, type FailedEventStore } from '../../../pipelines/remittance/failedEventStore.ts';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { encodeNamedRow } from '../../../pipelines/remittance/namedRow.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import { Decision } from '../../../src/message/decision.ts';
import { aLedger, aRequest, type ALedger } from './aLedger.ts';
import { contradicted } from './contradicted.ts';

let ledger: ALedger;
let store: FailedEventStore;

beforeAll(async () => {
  ledger = await aLedger();
  store = failedEventStore(ledger.database, { failures: failureStore(ledger.now), outbox: remittanceOutbox, now: ledger.now });
});

beforeEach(async () => {
  await ledger.empty();
  await ledger.database.execute('TRUNCATE remittance.kcd_bank_account_withdrawal_failures');
});

let place = 0;

function anEvent(original: Uint8Array, at: number = (place += 1)): FailedEvent {
  const from = { key: '', headers: new Map<string, string>(), partition: 'remittance.deposited-0', position: String(at) };
  return readFailedEvent({
    ...from,
    original,
    pipeline: 'remittance.withdraw',
    stage: 'takeOut',
    code: 'defect',
    text: 'zero \0',
    attempts: 1,
    diedAt: undefined,
  });
}

const tries = tryOptions.parse({ tries: 2, retries: 0 });

const log = async (...events: readonly FailedEvent[]): Promise<readonly string[]> =>
  (await store.log(events, tries)).map((answer) => (Decision.is(answer) ? answer.outcome : 'done'));

const rows = (): Promise<readonly object[]> =>
  ledger.database.query(
    'SELECT request_id AS request, code, tries, park_reason AS parked FROM remittance.kcd_bank_account_withdrawal_failures ORDER BY id',
  );

const soon = (): Promise<readonly object[]> => ledger.database.query('SELECT key FROM remittance.outbox');

describe('the dead letter of an event', () => {
  it('is a try of its withdrawal, which comes again soon, then waits for a person', async () => {
    const request = await aRequest(ledger, { state: 'DEPOSITED' });
    expect(await log(anEvent(encodeNamedRow({ id: request })))).toEqual(['done']);
    expect(await rows()).toEqual([{ request, code: 'defect', tries: 1, parked: null }]);
    expect(await soon()).toEqual([{ key: request.toString() }]);
    await log(anEvent(encodeNamedRow({ id: request })));
    expect(await rows()).toEqual([{ request, code: 'defect', tries: 2, parked: 'defect' }]);
    expect(await ledger.database.query('SELECT park_reason FROM remittance.biz_remittance_requests')).toEqual([{ park_reason: 'defect' }]);
  });

  it('is written once, however often and by however many at once it is read', async () => {
    const request = await aRequest(ledger, { state: 'DEPOSITED' });
    const letters = [anEvent(encodeNamedRow({ id: request })), anEvent(Buffer.from('{')), anEvent(encodeNamedRow({ id: 5n }))];
    await Promise.all([log(...letters), log(...letters.toReversed()), log(...letters)]);
    expect(await log(...letters)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(await rows()).toHaveLength(3);
    expect(await rows()).toContainEqual({ request, code: 'defect', tries: 1, parked: null });
    expect(await soon()).toHaveLength(1);
  });

  it.each(['WITHDRAWN', 'COMPLETED', 'RETURNED'] as const)('is parked under its origin where its request is %s', async (state) => {
    const request = await aRequest(ledger, { state });
    await log(anEvent(encodeNamedRow({ id: request })), anEvent(Buffer.from([0xff])));
    expect(await rows()).toEqual([
      { request: null, code: 'defect', tries: 1, parked: 'defect' },
      { request: null, code: 'defect', tries: 1, parked: 'defect' },
    ]);
    expect(await ledger.database.query('SELECT park_reason FROM remittance.biz_remittance_requests')).toEqual([{ park_reason: null }]);
    expect(await soon()).toEqual([]);
  });

  it('has an origin of its own where a topic that was made anew has another message in its place', () => {
    expect(anEvent(Buffer.from('a'), 7).origin).not.toBe(anEvent(Buffer.from('b'), 7).origin);
    expect(anEvent(Buffer.from('a'), 7)).toEqual(anEvent(Buffer.from('a'), 7));
  });

  it('of a newer Weir waits for an upgrade', () => {
    expect(() => anEvent(Buffer.from(JSON.stringify({ version: 2, id: '5', more: true })))).toThrow(/version 2/);
  });
});

it('ends with a request whose bank refuses in the end: nothing of it is left to withdraw, and it waits for nobody', async () => {
  const bank = contradicted(ledger);
  const { requestId, callId } = await bank.upTo('MOVE_IN');
  for (let time = 0; time < 2; time += 1) await log(anEvent(encodeNamedRow({ id: requestId })));
  const standing = (): Promise<readonly object[]> =>
    ledger.database.query(`SELECT state, request.park_reason AS request, failure.park_reason AS failure
      FROM remittance.biz_remittance_requests AS request
      JOIN remittance.kcd_bank_account_withdrawal_failures AS failure ON request_id = request.id`);
  expect(await standing()).toEqual([{ state: 'REQUESTED', request: 'defect', failure: 'defect' }]);
  await bank.says(callId, 'refused');
  expect(await standing()).toEqual([{ state: 'FAILED', request: null, failure: null }]);
});

it('is not held up by what somebody has written into the request by hand: the word of a bank that refuses is recorded', async () => {
  const bank = contradicted(ledger);
  const { callId } = await bank.upTo('MOVE_IN');
  await ledger.database.execute(`UPDATE remittance.biz_remittance_requests SET park_reason = 'NO_ANSWER'`);
  await bank.says(callId, 'refused');
  expect(await ledger.database.query('SELECT state, park_reason FROM remittance.biz_remittance_requests')).toEqual([
    { state: 'FAILED', park_reason: null },
  ]);
});
