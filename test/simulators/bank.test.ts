import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { startBank, type Bank, type BankOptions } from '../../simulators/bank.ts';
import { until } from '../support/until.ts';
import { aReceiver, type Received } from './aReceiver.ts';
import { asking, type Said } from './asking.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

async function aBank(options: Partial<BankOptions> = {}): Promise<Bank> {
  const bank = await startBank({ token: 'secret', executesAfterMs: 0, ...options });
  closings.push(() => bank.close());
  bank.openAccount('A', 100_000n);
  bank.openAccount('B', 0n);
  return bank;
}

const moveIn = { kind: 'MOVE_IN', account: 'A', amount: '12000' };
const accepted = { status: 202, body: { status: 'ACCEPTED' } };
const done = { status: 200, body: { status: 'DONE' } };

const order = ({ url }: Bank, body: object = moveIn, key = 'key-1'): Promise<Said> => asking(url, 'POST /transfers', body, key);
const ask = ({ url }: Bank, key = 'key-1'): Promise<Said> => asking(url, `GET /transfers/${key}`);

/** Waits until a transfer has ended, and answers how. */
const ended = (bank: Bank, key = 'key-1'): Promise<Said> =>
  until(`${key} has ended`, async () => {
    const said = await ask(bank, key);
    return said.status === 200 && JSON.stringify(said.body) !== JSON.stringify(accepted.body) ? said : undefined;
  });

function balances(bank: Bank): object {
  const { accounts, pooled } = bank.record();
  return { ...Object.fromEntries(accounts.map(({ account, balance }) => [account, balance])), pooled };
}

describe('a bank', () => {
  it('accepts a transfer, and moves nothing before its time', async () => {
    const bank = await aBank({ executesAfterMs: 60_000 });
    expect(await order(bank)).toEqual(accepted);
    expect(await ask(bank)).toEqual({ status: 200, body: accepted.body });
    expect(await order(bank)).toEqual(accepted);
    expect(balances(bank)).toEqual({ A: 100_000n, B: 0n, pooled: 0n });
  });

  it('carries a transfer out a little later, and tells how it ended', async () => {
    const bank = await aBank();
    expect(await order(bank)).toEqual(accepted);
    expect(await ended(bank)).toEqual(done);
    expect(await order(bank)).toEqual(done);
    expect(balances(bank)).toEqual({ A: 88_000n, B: 0n, pooled: 12_000n });
  });

  it.each(['PAY_OUT', 'RETURN'])('gives to a business by %s', async (kind) => {
    const bank = await aBank();
    await order(bank);
    await ended(bank);
    await order(bank, { kind, account: 'B', amount: '5000' }, 'key-2');
    expect(await ended(bank, 'key-2')).toEqual(done);
    expect(balances(bank)).toEqual({ A: 88_000n, B: 5_000n, pooled: 7_000n });
  });

  it.each([
    { what: 'a business that has too little', body: { ...moveIn, amount: '100001' }, reason: 'INSUFFICIENT_FUNDS' },
    { what: 'more than is pooled', body: { kind: 'PAY_OUT', account: 'B', amount: '1' }, reason: 'INSUFFICIENT_FUNDS' },
    { what: 'an account that is closed', body: { ...moveIn, account: 'C' }, reason: 'ACCOUNT_CLOSED' },
    { what: 'an account that it does not have', body: { ...moveIn, account: 'D' }, reason: 'ACCOUNT_UNKNOWN' },
  ])('refuses $what, under that key for ever', async ({ body, reason }) => {
    const bank = await aBank();
    bank.openAccount('C', 100_000n);
    bank.closeAccount('C');
    const refused = { status: 200, body: { status: 'REFUSED', reason } };
    await order(bank, body);
    expect(await ended(bank)).toEqual(refused);
    expect(bank.record().pooled).toBe(0n);
    // What stood against it is mended: another key would do, this one does not.
    for (const account of ['A', 'C', 'D']) bank.openAccount(account, 100_000n);
    await order(bank, { ...moveIn, amount: '50000' }, 'key-other');
    await ended(bank, 'key-other');
    expect([await order(bank, body), await ask(bank)]).toEqual([refused, refused]);
    await order(bank, body, 'key-2');
    expect(await ended(bank, 'key-2')).toEqual(done);
  });

  it('carries a transfer out once, however many ask under its key at once', async () => {
    const bank = await aBank();
    const answers = await Promise.all(Array.from({ length: 20 }, () => order(bank)));
    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
    await ended(bank);
    expect(balances(bank)).toEqual({ A: 88_000n, B: 0n, pooled: 12_000n });
    expect(bank.record().transfers).toMatchObject([{ key: 'key-1', status: 'DONE', requests: 20 }]);
  });

  it.each([
    { what: 'amount', body: { ...moveIn, amount: '12001' } },
    { what: 'account', body: { ...moveIn, account: 'B' } },
    { what: 'kind', body: { ...moveIn, kind: 'RETURN' } },
  ])('refuses another $what under a key', async ({ body }) => {
    const bank = await aBank();
    await order(bank);
    expect((await order(bank, body)).status).toBe(422);
    await ended(bank);
    expect((await order(bank, body)).status).toBe(422);
    expect(balances(bank)).toEqual({ A: 88_000n, B: 0n, pooled: 12_000n });
  });

  it.each([{ ...moveIn, amount: '0' }, { ...moveIn, amount: '-5' }, { ...moveIn, amount: 12_000 }, { ...moveIn, kind: 'GIVE' }, {}])(
    'does not understand %o',
    async (body) => {
      const bank = await aBank();
      expect((await order(bank, body)).status).toBe(400);
      expect(bank.record().transfers).toEqual([]);
    },
  );

  it('answers nobody without a key or the token, and does not know what it was never asked', async () => {
    const bank = await aBank();
    expect((await order(bank, moveIn, '')).status).toBe(400);
    expect((await asking(bank.url, 'POST /transfers', moveIn, 'key-1', 'guess')).status).toBe(401);
    expect((await ask(bank)).status).toBe(404);
  });
});

describe('a fault of a bank', () => {
  it('times out after the effect: the answer never comes, the transfer happens', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'after', on: 'POST /transfers', to: 'A', action: { kind: 'silence' } });
    const unanswered = fetch(`${bank.url}/transfers`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'idempotency-key': 'key-1' },
      body: JSON.stringify(moveIn),
    });
    expect(await ended(bank)).toEqual(done);
    expect(bank.record().pooled).toBe(12_000n);
    await bank.close();
    await expect(unanswered).rejects.toThrow();
    closings.length = 0;
  });

  it('answers late', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'after', on: 'POST', action: { kind: 'delay', delayMs: 400 } });
    const answered: string[] = [];
    const late = order(bank).then(() => answered.push('late'));
    await ended(bank);
    answered.push('ended');
    await late;
    expect(answered).toEqual(['ended', 'late']);
  });

  it('does not know a transfer that has not arrived yet', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'before', on: 'POST', action: { kind: 'detour', arrivesAfterMs: 60_000 } });
    await expect(order(bank)).rejects.toThrow();
    expect((await ask(bank)).status).toBe(404);
  });

  it('carries a transfer out that arrives later, once, though it was asked again meanwhile', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'before', on: 'POST', action: { kind: 'detour', arrivesAfterMs: 30 }, times: 2 });
    await expect(order(bank)).rejects.toThrow();
    await expect(order(bank, moveIn, 'key-2')).rejects.toThrow();
    await order(bank);
    await until('all have arrived', () => bank.record().transfers.reduce((sum, { requests }) => sum + requests, 0) === 3);
    expect([await ended(bank), await ended(bank, 'key-2')]).toEqual([done, done]);
    expect(bank.record().pooled).toBe(24_000n);
  });

  it('says "not found" of a transfer that it has', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'before', on: 'GET /transfers', to: 'key-1', action: { kind: 'reply', status: 404 }, times: 1 });
    await order(bank);
    expect((await ask(bank)).status).toBe(404);
    expect(await ended(bank)).toEqual(done);
  });

  it.each([
    { phase: 'before', status: 500, transfers: 0 },
    { phase: 'after', status: 500, transfers: 1 },
    { phase: 'before', status: 429, transfers: 0 },
  ] as const)('answers $status $phase the effect', async ({ phase, status, transfers }) => {
    const bank = await aBank();
    bank.faults.add({ phase, action: { kind: 'reply', status, retryAfterS: 2 }, times: 1 });
    const response = await fetch(`${bank.url}/transfers`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'idempotency-key': 'key-1' },
      body: JSON.stringify(moveIn),
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, '2']);
    expect(bank.record().transfers).toHaveLength(transfers);
    await order(bank);
    expect(await ended(bank)).toEqual(done);
    expect(bank.record().pooled).toBe(12_000n);
  });

  it('is down for a while, and goes on with what it accepted', async () => {
    const bank = await aBank();
    await order(bank);
    bank.refuseConnections();
    await expect(ask(bank)).rejects.toThrow();
    await until('the transfer is done', () => bank.record().transfers[0]?.status === 'DONE');
    bank.refuseConnections(20);
    expect(await ended(bank)).toEqual(done);
  });
});

describe('a callback of a bank', () => {
  async function aPair(): Promise<{ readonly bank: Bank; readonly received: readonly Received[] }> {
    const { url, received, close } = await aReceiver('signing');
    const bank = await aBank({ webhookUrl: url, webhookSecret: 'signing' });
    closings.push(async () => {
      close();
      await Promise.resolve();
    });
    return { bank, received };
  }
  const told = (received: readonly Received[]): readonly unknown[] => received.map(({ body: { key } }) => key);

  it('tells how a transfer ended, signed', async () => {
    const { bank, received } = await aPair();
    await order(bank);
    await order(bank, { ...moveIn, account: 'D' }, 'key-2');
    await until('both are told', () => received.length === 2);
    expect(received.every(({ isSigned }) => isSigned)).toBe(true);
    const eventId = expect.any(String) as string;
    expect(received.map(({ body }) => body)).toEqual([
      { eventId, key: 'key-1', status: 'DONE' },
      { eventId, key: 'key-2', status: 'REFUSED', reason: 'ACCOUNT_UNKNOWN' },
    ]);
  });

  it.each([
    { action: { kind: 'duplicate' }, keys: ['key-1', 'key-1', 'key-2'] },
    { action: { kind: 'reorder' }, keys: ['key-2', 'key-1'] },
    { action: { kind: 'delay', delayMs: 400 }, keys: ['key-2', 'key-1'] },
    { action: { kind: 'drop' }, keys: ['key-2'] },
  ] as const)('that meets $action.kind comes as $keys', async ({ action, keys }) => {
    const { bank, received } = await aPair();
    bank.webhooks.faults.add({ phase: 'webhook', to: 'key-1', action });
    await order(bank);
    await ended(bank);
    if (action.kind === 'duplicate') await until('the first is told twice', () => received.length === 2);
    await order(bank, moveIn, 'key-2');
    await until('all are told', () => received.length === keys.length);
    expect(told(received)).toEqual(keys);
  });
});

describe('the control of a bank', () => {
  it('opens and closes accounts and shows the record over HTTP', async () => {
    const bank = await aBank();
    await asking(bank.url, 'POST /accounts', { account: 'C', balance: '500' });
    await order(bank, { ...moveIn, account: 'C', amount: '200' });
    await ended(bank);
    await asking(bank.url, 'POST /closed-accounts', { account: 'C' });
    expect((await asking(bank.url, 'GET /record', undefined, undefined, '')).body).toEqual({
      accounts: [
        { account: 'A', balance: '100000', isClosed: false },
        { account: 'B', balance: '0', isClosed: false },
        { account: 'C', balance: '300', isClosed: true },
      ],
      pooled: '200',
      broughtIn: '100500',
      registrations: [],
      transfers: [{ key: 'key-1', kind: 'MOVE_IN', account: 'C', amount: '200', status: 'DONE', requests: 1 }],
    });
    expect((await asking(bank.url, 'POST /accounts', { account: 'C', balance: '-1' })).status).toBe(400);
    expect((await asking(bank.url, 'POST /closed-accounts', { account: 'Z' })).status).toBe(400);
  });
});

describe('a bank as a program', () => {
  it('says where it listens, moves money, and ends when it is told', async () => {
    const program = spawn(process.execPath, ['simulators/bank.ts', '--port', '0', '--token', 'secret'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closings.push(() => Promise.resolve(program.kill('SIGKILL')));
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    await asking(url, 'POST /accounts', { account: 'A', balance: '12000' });
    expect(await asking(url, 'POST /transfers', moveIn, 'key-1')).toEqual(accepted);
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});

describe('partner accounts at a bank', () => {
  const partner = { account: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' };
  const register = ({ url }: Bank, body: object = partner, key = 'link-1'): Promise<Said> =>
    asking(url, 'POST /partner-accounts', body, key);
  const registered = { status: 200, body: { status: 'REGISTERED' } };

  it('are decided once under their key, and another one under it is refused', async () => {
    const bank = await aBank();
    expect((await asking(bank.url, 'GET /partner-accounts/link-1')).status).toBe(404);
    expect(await register(bank)).toEqual(registered);
    await asking(bank.url, 'POST /refused-numbers', { accountNumber: partner.accountNumber, reason: 'ACCOUNT_CLOSED' });
    expect(await register(bank)).toEqual(registered);
    expect(await register(bank, partner, 'link-2')).toEqual({ status: 200, body: { status: 'REFUSED', reason: 'ACCOUNT_CLOSED' } });
    expect((await register(bank, { ...partner, partner: 'BRAVO' })).status).toBe(422);
    expect((await register(bank, { account: 'acc-1' }, 'link-3')).status).toBe(400);
    await asking(bank.url, 'POST /refused-numbers', { accountNumber: partner.accountNumber });
    expect(await register(bank, partner, 'link-4')).toEqual(registered);
    expect(bank.record().registrations.map(({ key, requests }) => [key, requests])).toEqual([
      ...[
        ['link-1', 2],
        ['link-2', 1],
        ['link-4', 1],
      ],
    ]);
  });

  it('are registered behind an answer that is in no form, where that is dialled in', async () => {
    const bank = await aBank();
    bank.faults.add({ phase: 'after', to: partner.accountNumber, action: { kind: 'malformed' }, times: 1 });
    const response = await fetch(`${bank.url}/partner-accounts`, {
      ...{ method: 'POST', body: JSON.stringify(partner) },
      headers: { authorization: 'Bearer secret', 'idempotency-key': 'link-1' },
    });
    expect([response.status, await response.text()]).toEqual([200, '<html>all is well</html>']);
    expect(bank.record().registrations).toHaveLength(1);
  });
});
