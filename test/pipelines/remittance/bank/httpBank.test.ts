import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bank, BankOrder } from '../../../../pipelines/remittance/bank/bank.ts';
import { askableBank } from '../../../../pipelines/remittance/bank/askableBank.ts';
import { httpBank } from '../../../../pipelines/remittance/bank/httpBank.ts';
import { startBank, type Bank as SimulatedBank } from '../../../../simulators/bank.ts';
import { openHttpClient } from '../../../../src/connectors/http/openHttpClient.ts';
import { codeOf, textOf } from '../../../../src/errors.ts';
import { realClock } from '../../../../src/runtime/clock.ts';
import { openGate } from '../../../support/openGate.ts';
import { until } from '../../../support/until.ts';

const never = new AbortController().signal;
const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const bankAt = (url: string, token = 'secret'): Bank => httpBank(openHttpClient({ service: 'The bank', url, token, clock: realClock }));

async function aBank(): Promise<{ readonly simulator: SimulatedBank; readonly bank: Bank }> {
  const simulator = await startBank({ token: 'secret', executesAfterMs: 0 });
  closings.push(() => simulator.close());
  simulator.openAccount('A', 100_000n);
  simulator.openAccount('B', 0n);
  return { simulator, bank: bankAt(simulator.url) };
}

/** A bank that answers everything with these words. */
async function aBankSaying(status: number, body: string): Promise<Bank> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closings.push(() => new Promise((resolve) => server.close(resolve)));
  return bankAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const anOrder = (order: Partial<BankOrder> = {}): BankOrder => ({
  ...{ key: '7-MOVE_IN-1', kind: 'MOVE_IN', accountNumber: 'A', amountMinor: 12_000n },
  ...order,
});

const ended = (bank: Bank, key: string): Promise<unknown> =>
  until(`${key} has ended`, async () => {
    const said = await bank.find(key, never);
    return said.kind === 'accepted' ? undefined : said;
  });

describe('the bank over HTTP', () => {
  it('accepts an order, carries it out once under its key, and is asked what became of it', async () => {
    const { simulator, bank } = await aBank();
    expect(await bank.find('7-MOVE_IN-1', never)).toEqual({ kind: 'notFound' });
    expect(await bank.move(anOrder(), never)).toEqual({ kind: 'accepted' });
    expect(await ended(bank, '7-MOVE_IN-1')).toEqual({ kind: 'done' });
    expect(await bank.move(anOrder(), never)).toEqual({ kind: 'done' });
    await bank.move(anOrder({ key: '7-PAY_OUT-1', kind: 'PAY_OUT', accountNumber: 'B', amountMinor: 12_000n }), never);
    expect(await ended(bank, '7-PAY_OUT-1')).toEqual({ kind: 'done' });
    expect(simulator.record().accounts.map(({ balance }) => balance)).toEqual([88_000n, 12_000n]);
  });

  it('tells why it refuses, under the key and for ever', async () => {
    const { bank } = await aBank();
    await bank.move(anOrder({ amountMinor: 100_001n }), never);
    expect(await ended(bank, '7-MOVE_IN-1')).toEqual({ kind: 'refused', reason: 'INSUFFICIENT_FUNDS' });
    expect(await bank.move(anOrder({ amountMinor: 100_001n }), never)).toEqual({ kind: 'refused', reason: 'INSUFFICIENT_FUNDS' });
  });

  it('takes another order under a key for an error, never for a refusal', async () => {
    const { bank } = await aBank();
    await bank.move(anOrder(), never);
    expect(codeOf(await bank.move(anOrder({ amountMinor: 1n }), never).catch((error: unknown) => error))).toBe('refused');
  });

  it.each([
    ['no JSON', 200, 'moved', 'outcomeUnknown'],
    ['another status', 200, '{"status":"PERHAPS"}', 'outcomeUnknown'],
    ['a refusal without reason', 200, '{"status":"REFUSED"}', 'outcomeUnknown'],
    ['a refusal whose reason is no code', 200, '{"status":"REFUSED","reason":"<b>no</b>"}', 'outcomeUnknown'],
    ["a proxy's 404", 404, '<h1>not here</h1>', 'outcomeUnknown'],
    ['a server that fails', 500, '', 'outcomeUnknown'],
    ['no permission', 401, '{"detail":"who is it?"}', 'unavailable'],
    ['too many requests', 429, '', 'throttled'],
  ])('concludes nothing from %s', async (_name, status, body, code) => {
    const bank = await aBankSaying(status, body);
    const error: unknown = await bank.find('7-MOVE_IN-1', never).catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe(code);
    expect(textOf(error)).not.toContain('<');
  });

  it('waits before a gate that never opens where no bank is set up', () => {
    expect(askableBank(undefined, openGate('bank')).gate.isOpen()).toBe(false);
    const client = openHttpClient({ service: 'The bank', url: 'http://127.0.0.1:1', token: '', clock: realClock });
    expect(askableBank(client, openGate('bank')).gate.isOpen()).toBe(true);
  });
});
