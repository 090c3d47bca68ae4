import { afterEach, describe, expect, it } from 'vitest';
import { startGateway, type Gateway } from '../../simulators/gateway.ts';
import { aServer } from '../connectors/http/aServer.ts';
import { aReceiver, type Received } from './aReceiver.ts';
import { asking } from './asking.ts';

const closings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const now = new Date('2026-11-15T00:00:00.900Z');
const nowS = Math.floor(now.getTime() / 1_000);
const paid = { paymentNumber: 'pay-1', transactionKey: 'tx-1', amount: 12_000n, status: 'APPROVED' } as const;

async function aPair(): Promise<{ readonly gateway: Gateway; readonly received: readonly Received[]; readonly url: string }> {
  const { url, received, close } = await aReceiver('signing');
  const gateway = await startGateway({ manner: 'card', token: 'secret', now: () => now, webhookUrl: url, webhookSecret: 'signing' });
  closings.push(() => gateway.close(), close);
  gateway.charge(paid);
  return { gateway, received, url };
}

function eventsOf(received: readonly Received[]): readonly unknown[] {
  return received.map(({ body }) => body.eventId);
}

describe('a webhook', () => {
  it('carries the event and a signature over its time and its raw body', async () => {
    const { gateway, received } = await aPair();
    await gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-1' });
    const { transactionKey, paymentNumber } = paid;
    const body = { eventId: 'evt-1', type: 'payment.succeeded', transactionKey, paymentNumber, amount: '12000' };
    expect(received).toEqual([{ body, timestampS: nowS, isSigned: true }]);
    expect(gateway.webhooks.deliveries).toEqual([{ eventId: 'evt-1', status: 202 }]);
  });

  it('tells of a charge that failed, and what it is told to tell', async () => {
    const { gateway, received } = await aPair();
    gateway.charge({ ...paid, status: 'DECLINED' });
    await gateway.sendWebhook({ paymentNumber: 'pay-1' });
    await gateway.sendWebhook({ paymentNumber: 'pay-1', type: 'payment.succeeded', amount: 1n });
    expect(received.map(({ body: { type, amount } }) => [type, amount])).toEqual([
      ['payment.failed', '12000'],
      ['payment.succeeded', '1'],
    ]);
    expect(new Set(eventsOf(received)).size).toBe(2);
    await expect(gateway.sendWebhook({ paymentNumber: 'pay-9' })).rejects.toThrow('no such charge');
  });

  it('is sent over HTTP, to where it is told over HTTP', async () => {
    const { gateway, received } = await aPair();
    gateway.webhooks.sendTo('http://127.0.0.1:1/');
    expect(await asking(gateway.url, 'POST /webhooks', { paymentNumber: 'pay-1', eventId: 'evt-1' })).toMatchObject({ status: 200 });
    const { url, received: others, close } = await aReceiver('signing');
    closings.push(close);
    await asking(gateway.url, 'POST /webhook-url', { url });
    await asking(gateway.url, 'POST /webhooks', { paymentNumber: 'pay-1', eventId: 'evt-2' });
    expect([eventsOf(received), eventsOf(others)]).toEqual([[], ['evt-2']]);
    expect((await asking(gateway.url, 'GET /webhooks')).body).toEqual([{ eventId: 'evt-1' }, { eventId: 'evt-2', status: 202 }]);
  });
});

describe('a receiver of webhooks', () => {
  it('that does not answer is given up', async () => {
    const { url, close } = await aServer(() => undefined);
    const gateway = await startGateway({ manner: 'card', token: 'secret', webhookUrl: url, webhookLimitMs: 20 });
    closings.push(() => gateway.close(), close);
    gateway.charge(paid);
    await gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-1' });
    expect(gateway.webhooks.deliveries).toEqual([{ eventId: 'evt-1', status: undefined }]);
  });
});

describe('a fault of webhooks', () => {
  it.each([
    { kind: 'duplicate', events: ['evt-1', 'evt-1', 'evt-2'] },
    { kind: 'reorder', events: ['evt-2', 'evt-1'] },
    { kind: 'drop', events: ['evt-2'] },
  ] as const)('by $kind delivers $events', async ({ kind, events }) => {
    const { gateway, received } = await aPair();
    gateway.webhooks.faults.add({ phase: 'webhook', action: { kind }, to: 'pay-1', times: 1 });
    await gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-1' });
    await gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-2' });
    expect(eventsOf(received)).toEqual(events);
    expect(received.every(({ isSigned }) => isSigned)).toBe(true);
  });

  it('signs wrong', async () => {
    const { gateway, received } = await aPair();
    gateway.webhooks.faults.add({ phase: 'webhook', action: { kind: 'wrongSignature' } });
    await gateway.sendWebhook({ paymentNumber: 'pay-1' });
    expect(received).toMatchObject([{ isSigned: false, timestampS: nowS }]);
  });

  it('signs an old time', async () => {
    const { gateway, received } = await aPair();
    gateway.webhooks.faults.add({ phase: 'webhook', action: { kind: 'stale', byS: 301 } });
    await gateway.sendWebhook({ paymentNumber: 'pay-1' });
    expect(received).toMatchObject([{ isSigned: true, timestampS: nowS - 301 }]);
  });

  it('delays one event, and others pass it', async () => {
    const { gateway, received } = await aPair();
    gateway.webhooks.faults.add({ phase: 'webhook', action: { kind: 'delay', delayMs: 400 }, times: 1 });
    const late = gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-1' });
    await gateway.sendWebhook({ paymentNumber: 'pay-1', eventId: 'evt-2' });
    await late;
    expect(eventsOf(received)).toEqual(['evt-2', 'evt-1']);
  });

  it('comes over HTTP and goes with the others', async () => {
    const { gateway, received } = await aPair();
    await asking(gateway.url, 'POST /faults', { phase: 'webhook', action: { kind: 'drop' } });
    await asking(gateway.url, 'POST /faults', { phase: 'before', action: { kind: 'reply', status: 503 } });
    await gateway.sendWebhook({ paymentNumber: 'pay-1' });
    expect(received).toEqual([]);
    expect((await asking(gateway.url, 'GET /payments/tx-1')).status).toBe(503);
    await asking(gateway.url, 'DELETE /faults');
    await gateway.sendWebhook({ paymentNumber: 'pay-1' });
    expect(received).toHaveLength(1);
    expect((await asking(gateway.url, 'GET /payments/tx-1')).status).toBe(200);
    expect((await asking(gateway.url, 'POST /faults', { phase: 'webhook', action: { kind: 'cut' } })).status).toBe(400);
  });
});
