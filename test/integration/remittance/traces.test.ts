import { beforeAll, expect, it } from 'vitest';
import { dueCallTopic, depositedTopic, endedCallTopic } from '../../../pipelines/remittance/remittanceTopics.ts';
import { until } from '../../support/until.ts';
import { aCaller, anApi, type Api } from './anApi.ts';
import { aRemittance, openAccounts, type Remittance, type RemittanceProcess } from './aRemittance.ts';

let remittance: Remittance;
let process: RemittanceProcess;
let api: Api;
let token: string;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { 'A-1': 1_000_000n, 'B-1': 0n });
  process = remittance.aProcess();
  api = await anApi(remittance, process);
  token = await aCaller(remittance, 'kim', ['A-1']);
});

/** Asks for a remittance in this trace; answers its number. */
async function remit(traceId: string): Promise<string> {
  const body = JSON.stringify({ fromAccount: 'A-1', toAccount: 'B-1', amountMinor: 100 });
  const headers = {
    ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': traceId },
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  };
  const answer = await fetch(`${api.url}/remittances`, { method: 'POST', headers, body });
  return ((await answer.json()) as { readonly number: string }).number;
}

/** The traces of all messages of a topic, by the remittance that they are about. */
async function tracesOf(topic: { readonly name: string; readonly partitions: number }): Promise<ReadonlyMap<string, readonly string[]>> {
  const calls = await remittance.database.query<{ id: bigint; request_id: bigint }>('SELECT id, request_id FROM remittance.bank_call');
  const requests = new Map(calls.map(({ id, request_id }) => [id.toString(), request_id.toString()]));
  const messages = remittance.store.topic(topic).partitions.flat();
  const found = Map.groupBy(messages, ({ key }) => requests.get(key) ?? key);
  return new Map(
    [...found].map(([number, its]) => [number, [...new Set(its.map(({ headers }) => headers?.get('traceparent')?.slice(3, 35) ?? ''))]]),
  );
}

it('every message of a remittance stands in the trace of its request, however many are worked on together', async () => {
  const traces = new Map<string, readonly string[]>();
  for (let number = 1; number <= 20; number += 1) {
    const traceId = number.toString(16).padStart(32, '0');
    traces.set(await remit(traceId), [traceId]);
  }
  const running = process.start();
  await until('all are completed', async () => {
    remittance.pass(1_000);
    const [row] = await remittance.database.query<{ readonly left: number }>(
      `SELECT count(*)::int AS left FROM remittance.biz_remittance_requests WHERE state <> 'COMPLETED'`,
    );
    return row?.left === 0;
  });
  await running.drain();
  for (const topic of [dueCallTopic, endedCallTopic, depositedTopic]) expect(await tracesOf(topic)).toEqual(traces);
});
