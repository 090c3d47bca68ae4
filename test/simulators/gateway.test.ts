import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { startGateway, type Gateway, type GatewayOptions } from '../../simulators/gateway.ts';
import { until } from '../support/until.ts';
import { asking, type Said } from './asking.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

let now = new Date('2026-11-15T00:00:00Z');

async function aGateway(manner: GatewayOptions['manner'], options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  now = new Date('2026-11-15T00:00:00Z');
  const gateway = await startGateway({ manner, token: 'secret', now: () => now, ...options });
  closings.push(() => gateway.close());
  return gateway;
}

const paid = { paymentNumber: 'pay-1', transactionKey: 'tx-1', amount: 12_000n, status: 'APPROVED' } as const;

/** How each manner is asked, and what it says, in one table: the same things happen to all. */
const spoken = {
  card: {
    byKey: (url: string, key: string) => asking(url, `GET /payments/${key}`),
    byNumber: (url: string, number: string) => asking(url, `GET /payments?paymentNumber=${number}`),
    charge: (status: string, amount = 12_000) => ({
      status: 200,
      body: { transactionKey: 'tx-1', paymentNumber: 'pay-1', status, amount },
    }),
    statuses: { APPROVED: 'APPROVED', PENDING: 'PENDING', DECLINED: 'DECLINED' },
    refund: (url: string, tx: string, amount: number, key: string) => asking(url, `POST /payments/${tx}/refunds`, { amount }, key),
    refundByKey: (url: string, key: string) => asking(url, `GET /refunds/${key}`),
    made: { status: 201, body: { refundId: expect.any(String) as string, status: 'DONE' } },
    found: { status: 200, body: { refundId: expect.any(String) as string, status: 'DONE' } },
    unknown: { status: 404 },
    conflict: { status: 422 },
    notRefundable: { status: 409 },
    malformed: { status: 400 },
    refundPath: 'POST /payments/tx-1/refunds',
  },
  transfer: {
    byKey: (url: string, tid: string) => asking(url, 'POST /inquiries', { tid }),
    byNumber: (url: string, reference: string) => asking(url, 'POST /inquiries', { reference }),
    charge: (resultCode: string, amount = 12_000) => ({
      status: 200,
      body: { resultCode, tid: 'tx-1', reference: 'pay-1', amount: String(amount) },
    }),
    statuses: { APPROVED: '0000', PENDING: '1001', DECLINED: '3001' },
    refund: (url: string, tid: string, amount: number, requestId: string) =>
      asking(url, 'POST /refunds', { tid, amount: String(amount), requestId }),
    refundByKey: (url: string, requestId: string) => asking(url, 'POST /refund-inquiries', { requestId }),
    made: { status: 200, body: { resultCode: '0000', requestId: 'key-1' } },
    found: { status: 200, body: { resultCode: '0000', requestId: 'key-1' } },
    unknown: { status: 200, body: { resultCode: '4040' } },
    conflict: { status: 200, body: { resultCode: '4220' } },
    notRefundable: { status: 200, body: { resultCode: '3001' } },
    malformed: { status: 200, body: { resultCode: '4000' } },
    refundPath: 'POST /refunds',
  },
  wallet: {
    byKey: (url: string, key: string) => asking(url, `GET /v2/charges/${key}`),
    byNumber: (url: string, number: string) => asking(url, `GET /v2/charges/by-reference/${number}`),
    charge: (state: string, amount = 12_000) => ({
      status: 200,
      body: { data: { id: 'tx-1', reference: 'pay-1', state, amount: { value: `${amount}.00`, currency: 'KRW' } } },
    }),
    statuses: { APPROVED: 'captured', PENDING: 'authorizing', DECLINED: 'voided' },
    refund: (url: string, tx: string, amount: number, key: string) =>
      asking(url, `POST /v2/charges/${tx}/refunds`, { amount: { value: `${amount}.00`, currency: 'KRW' } }, key),
    refundByKey: (url: string, key: string) => asking(url, `GET /v2/refunds/by-key/${key}`),
    made: { status: 201, body: { data: { id: expect.any(String) as string, state: 'succeeded' } } },
    found: { status: 200, body: { data: { id: expect.any(String) as string, state: 'succeeded' } } },
    unknown: { status: 404, body: { error: { code: 'not_found' } } },
    conflict: { status: 422, body: { error: { code: 'key_reused' } } },
    notRefundable: { status: 409, body: { error: { code: 'not_refundable' } } },
    malformed: { status: 400, body: { error: { code: 'invalid_request' } } },
    refundPath: 'POST /v2/charges/tx-1/refunds',
  },
} as const;

describe.each(['card', 'transfer', 'wallet'] as const)('a gateway in the manner %s', (manner) => {
  const { byKey, byNumber, charge, statuses, refund, refundByKey, made, found, refundPath, ...said } = spoken[manner];

  it.each(['APPROVED', 'PENDING', 'DECLINED'] as const)('tells of a charge that is %s, by key and by number', async (status) => {
    const gateway = await aGateway(manner);
    gateway.charge({ ...paid, status });
    expect(await byKey(gateway.url, 'tx-1')).toEqual(charge(statuses[status]));
    expect(await byNumber(gateway.url, 'pay-1')).toEqual(charge(statuses[status]));
  });

  it('does not know what was never charged', async () => {
    const gateway = await aGateway(manner);
    expect(await byKey(gateway.url, 'tx-9')).toMatchObject(said.unknown);
    expect(await byNumber(gateway.url, 'pay-9')).toMatchObject(said.unknown);
    expect(await refundByKey(gateway.url, 'key-9')).toMatchObject(said.unknown);
    expect(await refund(gateway.url, 'tx-9', 100, 'key-9')).toMatchObject(said.unknown);
  });

  it('takes a charge for pending until it settles', async () => {
    const gateway = await aGateway(manner);
    gateway.charge({ ...paid, settlesAfterMs: 1_000 });
    now = new Date(now.getTime() + 999);
    expect(await byKey(gateway.url, 'tx-1')).toEqual(charge(statuses.PENDING));
    expect(await refund(gateway.url, 'tx-1', 100, 'key-1')).toMatchObject(said.notRefundable);
    now = new Date(now.getTime() + 1);
    expect(await byKey(gateway.url, 'tx-1')).toEqual(charge(statuses.APPROVED));
  });

  it('finds a charge by number whose key the shop never learned', async () => {
    const gateway = await aGateway(manner);
    const { transactionKey } = gateway.charge({ paymentNumber: 'pay-1', amount: 12_000n, status: 'APPROVED' });
    expect(JSON.stringify(await byNumber(gateway.url, 'pay-1'))).toContain(transactionKey);
    expect(await byKey(gateway.url, transactionKey)).toEqual(await byNumber(gateway.url, 'pay-1'));
  });

  it('tells the amount that was charged, whatever the shop asked for', async () => {
    const gateway = await aGateway(manner);
    gateway.charge({ ...paid, amount: 9_000n });
    expect(await byKey(gateway.url, 'tx-1')).toEqual(charge(statuses.APPROVED, 9_000));
  });

  it('refunds once under one key, however many ask at once, and answers all the same', async () => {
    const gateway = await aGateway(manner);
    gateway.charge(paid);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refund(gateway.url, 'tx-1', 5_000, 'key-1')));
    expect(answers[0]).toMatchObject(made);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(gateway.record()).toMatchObject([{ ...paid, refunds: [{ idempotencyKey: 'key-1', amount: 5_000n, requests: 20 }] }]);
    expect(await refundByKey(gateway.url, 'key-1')).toMatchObject(found);
  });

  it('refuses a key that is another refund’s', async () => {
    const gateway = await aGateway(manner);
    gateway.charge(paid);
    gateway.charge({ ...paid, paymentNumber: 'pay-2', transactionKey: 'tx-2' });
    await refund(gateway.url, 'tx-1', 5_000, 'key-1');
    expect(await refund(gateway.url, 'tx-1', 5_001, 'key-1')).toMatchObject(said.conflict);
    expect(await refund(gateway.url, 'tx-2', 5_000, 'key-1')).toMatchObject(said.conflict);
    expect(gateway.record().flatMap(({ refunds }) => refunds)).toHaveLength(1);
  });

  it('gives back no more than was paid, even to many keys at once', async () => {
    const gateway = await aGateway(manner);
    gateway.charge(paid);
    const answers = await Promise.all(Array.from({ length: 5 }, (_, at) => refund(gateway.url, 'tx-1', 5_000, `key-${at}`)));
    expect(answers.filter(({ status, body }) => status === made.status && !JSON.stringify(body).includes('3001'))).toHaveLength(2);
    expect(gateway.record()[0]?.refunds.map(({ amount }) => amount)).toEqual([5_000n, 5_000n]);
    gateway.charge({ ...paid, paymentNumber: 'pay-2', transactionKey: 'tx-2', status: 'DECLINED' });
    expect(await refund(gateway.url, 'tx-2', 100, 'key-d')).toMatchObject(said.notRefundable);
  });

  it('does not understand an amount that is none, and answers nobody without the token', async () => {
    const gateway = await aGateway(manner);
    gateway.charge(paid);
    for (const amount of [0, -1, 1.5]) expect(await refund(gateway.url, 'tx-1', amount, 'key-1')).toMatchObject(said.malformed);
    expect(await asking(gateway.url, refundPath, { amount: 1 }, 'key-1', 'guess')).toMatchObject({ status: 401 });
    expect(gateway.record()[0]?.refunds).toEqual([]);
  });

  describe('whose faults strike', () => {
    async function struck(action: Parameters<Gateway['faults']['add']>[0]['action'], phase: 'before' | 'after'): Promise<Gateway> {
      const gateway = await aGateway(manner);
      gateway.charge(paid);
      gateway.faults.add({ phase, action, on: 'refunds', to: 'pay-1', times: 1 });
      return gateway;
    }
    const ask = (gateway: Gateway): Promise<Said> => refund(gateway.url, 'tx-1', 5_000, 'key-1');
    const count = (gateway: Gateway): number => gateway.record()[0]?.refunds.length ?? 0;

    it.each([
      { phase: 'before', status: 429, refunds: 0 },
      { phase: 'before', status: 500, refunds: 0 },
      { phase: 'after', status: 500, refunds: 1 },
    ] as const)('$phase a refund by $status, it is made $refunds times, and once when asked again', async ({ phase, status, refunds }) => {
      const gateway = await struck({ kind: 'reply', status, retryAfterS: 3 }, phase);
      expect(await byKey(gateway.url, 'tx-1')).toEqual(charge(statuses.APPROVED)); // the fault is not on this
      expect((await ask(gateway)).status).toBe(status);
      expect(count(gateway)).toBe(refunds);
      expect(await ask(gateway)).toMatchObject(made);
      expect(count(gateway)).toBe(1);
    });

    it('cuts the line before a refund or after it', async () => {
      const before = await struck({ kind: 'cut' }, 'before');
      await expect(ask(before)).rejects.toThrow();
      expect(count(before)).toBe(0);
      const after = await struck({ kind: 'cut' }, 'after');
      await expect(ask(after)).rejects.toThrow();
      expect(count(after)).toBe(1);
      expect(await ask(after)).toMatchObject(made);
    });

    it('makes a refund whose client was cut off, later', async () => {
      const gateway = await struck({ kind: 'detour', arrivesAfterMs: 10 }, 'before');
      await expect(ask(gateway)).rejects.toThrow();
      await until('the refund has arrived', () => count(gateway) === 1);
      expect(await refundByKey(gateway.url, 'key-1')).toMatchObject(found);
      expect(await ask(gateway)).toMatchObject(made);
      expect(count(gateway)).toBe(1);
    });

    it('does not know a refund that has not arrived yet', async () => {
      const gateway = await struck({ kind: 'detour', arrivesAfterMs: 60_000 }, 'before');
      await expect(ask(gateway)).rejects.toThrow();
      expect(await refundByKey(gateway.url, 'key-1')).toMatchObject(said.unknown);
      expect(count(gateway)).toBe(0);
    });
  });
});

describe('a gateway in the manner transfer', () => {
  it('accepts a refund that is done later', async () => {
    const gateway = await aGateway('transfer', { refundsTakeMs: 1_000 });
    gateway.charge(paid);
    const { refund, refundByKey } = spoken.transfer;
    const accepted = { status: 200, body: { resultCode: '1001', requestId: 'key-1' } };
    expect([await refund(gateway.url, 'tx-1', 100, 'key-1'), await refundByKey(gateway.url, 'key-1')]).toEqual([accepted, accepted]);
    now = new Date(now.getTime() + 1_000);
    const done = { status: 200, body: { resultCode: '0000', requestId: 'key-1' } };
    expect([await refund(gateway.url, 'tx-1', 100, 'key-1'), await refundByKey(gateway.url, 'key-1')]).toEqual([done, done]);
  });
});

describe('the control of a gateway', () => {
  it('takes charges and shows the record over HTTP', async () => {
    const gateway = await aGateway('card');
    const charge = { paymentNumber: 'pay-1', amount: '12000', status: 'APPROVED' };
    expect(await asking(gateway.url, 'POST /charges', charge, undefined, '')).toMatchObject({ status: 201, body: charge });
    const [{ transactionKey } = { transactionKey: '' }] = gateway.record();
    await asking(gateway.url, `POST /payments/${transactionKey}/refunds`, { amount: 2_000 }, 'key-1');
    expect(await asking(gateway.url, 'GET /record', undefined, undefined, '')).toMatchObject({
      body: [{ ...charge, transactionKey, refunds: [{ amount: '2000', idempotencyKey: 'key-1' }] }],
    });
    expect((await asking(gateway.url, 'POST /charges', { ...charge, amount: '-1' })).status).toBe(400);
  });

  it('changes the charge that has the number, and keeps its refunds and its key', async () => {
    const gateway = await aGateway('card');
    gateway.charge(paid);
    await spoken.card.refund(gateway.url, 'tx-1', 100, 'key-1');
    const { paymentNumber, amount } = paid;
    expect(gateway.charge({ paymentNumber, amount, status: 'DECLINED' })).toMatchObject({ transactionKey: 'tx-1', status: 'DECLINED' });
    expect(gateway.record()).toMatchObject([{ status: 'DECLINED', refunds: [{ idempotencyKey: 'key-1' }] }]);
    expect(await spoken.card.refundByKey(gateway.url, 'key-1')).toMatchObject({ status: 200 });
    expect(() => gateway.charge({ ...paid, paymentNumber: 'pay-2' })).toThrow('transaction key');
  });

  it('is down as long as it is told', async () => {
    const gateway = await aGateway('card');
    gateway.charge(paid);
    await asking(gateway.url, 'POST /refuse');
    await expect(spoken.card.byKey(gateway.url, 'tx-1')).rejects.toThrow();
    gateway.refuseConnections(20);
    await until('it takes connections again', () => spoken.card.byKey(gateway.url, 'tx-1'));
  });

  it('takes the time it is given, for clients and not for control', async () => {
    const gateway = await aGateway('card', { latency: { meanMs: 60_000 } });
    gateway.charge(paid);
    const asked = spoken.card.byKey(gateway.url, 'tx-1');
    expect(await asking(gateway.url, 'GET /record')).toMatchObject({ status: 200 });
    expect(await Promise.race([asked, asking(gateway.url, 'GET /record')])).toMatchObject({ body: [{ refunds: [] }] });
    await gateway.close();
    await expect(asked).rejects.toThrow();
    closings.length = 0;
  });
});

describe('a gateway as a program', () => {
  it('speaks the manner it is told, and ends when it is told', async () => {
    const program = spawn(process.execPath, ['simulators/gateway.ts', '--manner', 'wallet', '--port', '0', '--token', 'secret'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closings.push(() => Promise.resolve(program.kill('SIGKILL')));
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect(await spoken.wallet.byKey(url, 'tx-1')).toMatchObject(spoken.wallet.unknown);
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});
