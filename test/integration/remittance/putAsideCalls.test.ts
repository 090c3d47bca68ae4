import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { encodeNamedRow } from '../../../pipelines/remittance/namedRow.ts';
import { readPutAsideCall, type PutAsideCall } from '../../../pipelines/remittance/putAsideCall.ts';
import { putAsideCallStore, type PutAsideCallStore } from '../../../pipelines/remittance/putAsideCallStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { Decision } from '../../../src/message/decision.ts';
import { until } from '../../support/until.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';
import { aRemittance, aRequest as aRemittanceRequest, openAccounts, standOf } from './aRemittance.ts';

let ledger: ALedger;
let store: PutAsideCallStore;

beforeAll(async () => {
  ledger = await aLedger();
  store = putAsideCallStore(ledger.database, { failures: failureStore(ledger.now), outbox: remittanceOutbox });
});

beforeEach(() => ledger.empty());

function aLetter(original: Uint8Array, diedAt: Date | undefined = ledger.now()): PutAsideCall {
  const from = { key: '', headers: new Map<string, string>(), partition: 'remittance.bankCall-0', position: '1' };
  const reason = { pipeline: 'remittance.bankCalls', stage: 'ask', code: 'defect', text: 'zero \0', attempts: 1, diedAt };
  return readPutAsideCall({ ...from, ...reason, original });
}

const letterOf = (id: bigint, diedAt?: Date): PutAsideCall => aLetter(encodeNamedRow({ id }), diedAt);

const tries = tryOptions.parse({ tries: 2, retries: 0 });

const log = async (...letters: readonly PutAsideCall[]): Promise<readonly string[]> =>
  (await store.log(letters, tries)).map((answer) => (Decision.is(answer) ? answer.outcome : 'done'));

const rowsOf = (step: 'call' | 'deposit'): Promise<readonly object[]> =>
  ledger.database.query(
    `SELECT code, tries, park_reason AS parked FROM remittance.${step === 'call' ? 'biz_remittance_request_failures' : 'kcd_bank_account_deposit_failures'}`,
  );

const soon = (): Promise<readonly object[]> => ledger.database.query('SELECT topic, key FROM remittance.outbox ORDER BY id');

describe('the dead letter of a call', () => {
  it('is a try of it, which comes again soon and then waits for a person', async () => {
    const request = await aRequest(ledger, { state: 'REQUESTED' });
    const call = await aCall(ledger, request, { kind: 'MOVE_IN', status: 'ASKED' });
    expect(await log(letterOf(call))).toEqual(['done']);
    expect(await rowsOf('call')).toEqual([{ code: 'defect', tries: 1, parked: null }]);
    expect(await soon()).toEqual([{ topic: 'remittance.bankCall', key: call.toString() }]);
    ledger.pass(10);
    await log(letterOf(call));
    expect(await rowsOf('call')).toEqual([{ code: 'defect', tries: 2, parked: 'defect' }]);
    expect(await ledger.database.query('SELECT park_reason FROM remittance.biz_remittance_requests')).toEqual([{ park_reason: 'defect' }]);
    expect(await soon()).toHaveLength(1);
  });

  it('that has ended is a try of its booking', async () => {
    const request = await aRequest(ledger, { state: 'DEPOSIT_PENDING' });
    const call = await aCall(ledger, request, { kind: 'MOVE_IN', status: 'DONE' });
    await log(letterOf(call));
    expect({ deposit: await rowsOf('deposit'), call: await rowsOf('call') }).toEqual({
      deposit: [{ code: 'defect', tries: 1, parked: null }],
      call: [],
    });
    expect(await soon()).toEqual([{ topic: 'remittance.callEnded', key: request.toString() }]);
  });

  it('counts once, however often and by however many at once it is read', async () => {
    const call = await aCall(ledger, await aRequest(ledger, { state: 'REQUESTED' }), { kind: 'MOVE_IN', status: 'ASKED' });
    const letters = [letterOf(call), letterOf(call), aLetter(Buffer.from('{')), letterOf(5n)];
    await Promise.all([log(...letters), log(...letters.toReversed())]);
    expect(await log(...letters)).toEqual(['skipped', 'skipped', 'skipped', 'skipped']);
    expect(await rowsOf('call')).toEqual([{ code: 'defect', tries: 1, parked: null }]);
  });

  it('that died before a person had it tried again does not park it anew', async () => {
    const request = await aRequest(ledger, { state: 'REQUESTED' });
    const call = await aCall(ledger, request, { kind: 'MOVE_IN', status: 'ASKED' });
    const old = letterOf(call);
    ledger.pass(60);
    await ledger.database.withTransaction((transaction) =>
      failureStore(ledger.now).write(transaction, 'call', [
        { id: call, requestId: request, code: 'defect', error: 'mended', tries: 0, next: { kind: 'soon', at: ledger.now() } },
      ]),
    );
    expect(await log(old)).toEqual(['skipped']);
    expect(await rowsOf('call')).toEqual([{ code: 'defect', tries: 0, parked: null }]);
  });

  it('of a newer Weir waits for an upgrade', () => {
    expect(() => aLetter(Buffer.from(JSON.stringify({ version: 2, id: '5', more: true })))).toThrow(/version 2/);
  });
});

it('a call that no process can make is parked after its tries, and not published any more', { timeout: 60_000 }, async () => {
  const remittance = await aRemittance();
  await openAccounts(remittance, { A: 10_000_000n, B: 0n });
  let asked = 0;
  const ask = (): never => {
    asked += 1;
    throw new TypeError('a mistake');
  };
  const process = remittance.aProcess({ wire: (client): HttpClient => ({ ...client, ask }) });
  const number = await aRemittanceRequest(process);
  const running = process.start(['remittance.bankCalls', 'remittance.bankCallDeadLetters']);
  for (const made of [1, 2, 3, 4, 5]) {
    await until(`try ${made} was counted`, async () => (await standOf(remittance, number)).failures.includes(`defect ${made}`));
    remittance.pass(made < 3 ? 10_000 : 600_000);
    if (made >= 3) await process.runJob('remittance.retryRequests');
  }
  await until('it is parked', async () => (await standOf(remittance, number)).parked !== null);
  remittance.pass(86_400_000);
  await process.runJob('remittance.retryRequests');
  await remittance.quiet();
  await running.drain();
  expect(await standOf(remittance, number)).toMatchObject({ failures: ['defect 6 parked'], parked: 'defect' });
  expect(asked).toBe(6);
});
