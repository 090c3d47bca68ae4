import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askableRegistrationBank } from '../../../../pipelines/accountLinks/bank/askableRegistrationBank.ts';
import { httpRegistrationBank } from '../../../../pipelines/accountLinks/bank/httpRegistrationBank.ts';
import type { RegistrationBank } from '../../../../pipelines/accountLinks/bank/registrationBank.ts';
import { startBank } from '../../../../simulators/bank.ts';
import { openHttpClient } from '../../../../src/connectors/http/openHttpClient.ts';
import { codeOf, textOf } from '../../../../src/errors.ts';
import { realClock } from '../../../../src/runtime/clock.ts';
import { openGate } from '../../../support/openGate.ts';

const never = new AbortController().signal;
const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const bankAt = (url: string): RegistrationBank =>
  httpRegistrationBank(openHttpClient({ service: 'The bank', url, token: 'secret', clock: realClock }));

const order = { key: 'link-7-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' };

/** A bank that answers everything with these words. */
async function aBankSaying(status: number, body: string): Promise<RegistrationBank> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closings.push(() => new Promise((resolve) => server.close(resolve)));
  return bankAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('the bank that registers partner accounts, over HTTP', () => {
  it('registers an account once under its key, refuses in its own words for ever, and is asked what became of a key', async () => {
    const simulator = await startBank({ token: 'secret' });
    closings.push(() => simulator.close());
    const bank = bankAt(simulator.url);
    expect(await bank.find(order.key, never)).toEqual({ kind: 'notFound' });
    expect(await bank.register(order, never)).toEqual({ kind: 'registered' });
    simulator.refuseNumber('110234567890', 'ACCOUNT_CLOSED');
    expect(await bank.register(order, never)).toEqual({ kind: 'registered' });
    expect(await bank.find(order.key, never)).toEqual({ kind: 'registered' });
    const other = { ...order, key: 'link-7-2' };
    expect(await bank.register(other, never)).toEqual({ kind: 'refused', reason: 'ACCOUNT_CLOSED' });
    simulator.refuseNumber('110234567890', undefined);
    expect(await bank.find(other.key, never)).toEqual({ kind: 'refused', reason: 'ACCOUNT_CLOSED' });
    expect(simulator.record().registrations).toMatchObject([
      { key: 'link-7-1', account: 'acc-1', partner: 'ALPHA', status: 'REGISTERED', requests: 2 },
      { key: 'link-7-2', status: 'REFUSED', requests: 1 },
    ]);
    // Another account under a key is an error, and no word about either.
    expect(codeOf(await bank.register({ ...order, partner: 'BRAVO' }, never).catch((error: unknown) => error))).toBe('refused');
  });

  it.each([
    ['no JSON', 200, 'registered', 'outcomeUnknown'],
    ['another status', 200, '{"status":"PERHAPS"}', 'outcomeUnknown'],
    ['a refusal without reason', 200, '{"status":"REFUSED"}', 'outcomeUnknown'],
    ["a proxy's 404", 404, '<h1>not here</h1>', 'outcomeUnknown'],
    ['a server that fails', 500, '', 'outcomeUnknown'],
    ['no permission', 401, '{"detail":"who is it?"}', 'unavailable'],
    ['too many requests', 429, '', 'throttled'],
  ])('concludes nothing from %s', async (_name, status, body, code) => {
    const bank = await aBankSaying(status, body);
    const error: unknown = await bank.find(order.key, never).catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe(code);
    expect(textOf(error)).not.toContain('<');
  });

  it('waits before a gate that never opens where no bank is set up', () => {
    expect(askableRegistrationBank(undefined, openGate('bank')).gate.isOpen()).toBe(false);
    const client = openHttpClient({ service: 'The bank', url: 'http://127.0.0.1:1', token: '', clock: realClock });
    expect(askableRegistrationBank(client, openGate('bank')).gate.isOpen()).toBe(true);
  });
});
