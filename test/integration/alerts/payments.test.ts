import { beforeAll, describe, expect, it } from 'vitest';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { addressed } from '../payments/aNotices.ts';
import { anOrder, aProduct, type NewOrder, type StuckOrder } from '../payments/aPayments.ts';
import { eventually } from '../daemon/eventually.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { areWatched } from './onCall.ts';

const hourMs = 3_600_000;
const soldOut = 7n;

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

describe.skipIf(!areWatched)('whoever is on call for payments', () => {
  let world: OutsideWorld;
  let watched: WatchedDaemon;

  beforeAll(async () => {
    world = await anOutsideWorld();
    await aProduct(world, soldOut, 0n);
    watched = await aWatchedDaemon(world, '--set', 'breakers.probeMaxMs=1000');
    world.callBackTo(watched.apiUrl);
  });

  /** The gateway captures this much for an order that was made just now, and says so. */
  async function captured(amount = 12_000n, order: NewOrder = {}): Promise<StuckOrder> {
    const made = await anOrder(world, { createdAt: ago(0), ...order });
    await captures(made, amount);
    return made;
  }

  async function captures({ paymentNumber }: StuckOrder, amount = 12_000n): Promise<void> {
    world.gateways.card.charge({ paymentNumber, amount, status: 'APPROVED' });
    await world.gateways.card.sendWebhook({ paymentNumber });
  }

  it('is told by day of a payment of which another amount was captured, until the gateway has mended it', async () => {
    let order: StuckOrder | undefined;
    await watched.sees({
      alert: 'WeirPaymentsParked',
      labels: { reason: 'AMOUNT_MISMATCH' },
      cause: async () => {
        order = await captured(11_000n);
      },
      heal: async () => {
        const { paymentNumber = '', paymentId = 0n } = order ?? {};
        world.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
        await watched.does('payments', 'ask', paymentId.toString());
        await watched.sweeps('payments.reconcile');
      },
    });
    expect(await world.database.query('SELECT status FROM payments.orders')).toEqual([{ status: 'COMPLETED' }]);
  });

  it('is told by day of a refund that the gateway refuses, until it is asked for again and made', async () => {
    let order: StuckOrder | undefined;
    await watched.sees({
      alert: 'WeirRefundsParked',
      labels: { reason: 'STOCK_SHORT' },
      cause: async () => {
        world.gateways.card.faults.add({ phase: 'before', on: 'POST /payments', action: { kind: 'reply', status: 409 } });
        order = await captured(12_000n, { items: [[soldOut, 1n]] });
        await watched.sweeps('payments.refund');
      },
      heal: async () => {
        world.gateways.card.faults.clear();
        await watched.does('payments', 'refund', String(order?.paymentId));
        await watched.sweeps('payments.refund');
      },
    });
    expect(await world.database.query('SELECT status FROM payments.refund')).toEqual([{ status: 'DONE' }]);
  });

  it('is woken by money that has not gone back for two hours, until a run asks for it', () =>
    watched.sees({
      alert: 'WeirRefundsLate',
      cause: async () => {
        const { paymentId } = await captured(12_000n, { items: [[soldOut, 1n]] });
        await world.database.execute({
          text: 'UPDATE payments.refund SET requested_at = $2 WHERE payment_id = $1',
          values: [paymentId, ago(2 * hourMs)],
        });
      },
      heal: () => watched.sweeps('payments.refund'),
    }));

  it('is woken by a payment of which the gateway has not known for two hours, until it says so', async () => {
    let order: StuckOrder | undefined;
    await watched.sees({
      alert: 'WeirPaymentsLate',
      labels: { method: 'card' },
      cause: async () => {
        order = await anOrder(world, { createdAt: ago(2 * hourMs) });
        world.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'PENDING' });
        await watched.sweeps('payments.reconcile');
      },
      heal: () => order && captures(order),
    });
  });

  it('is told by day of an order that nobody has paid for two hours, until a run ends it', () =>
    watched.sees({
      alert: 'WeirOrdersLate',
      cause: () => anOrder(world, { createdAt: ago(2 * hourMs), hasPayment: false }),
      heal: () => watched.sweeps('payments.reconcile'),
    }));

  it('is told by day of buyers whose address does not open, once, and they are told when it is written anew', async () => {
    const { database, inbox } = world;
    const ring = parseKeyRing(world.environment['WEIR_KEYS_RING'] ?? '');
    await captured();
    await eventually('buyers are to be told', async () => {
      const notices =
        await database.query(`SELECT order_id AS "orderId" FROM payments.notice JOIN payments.payment ON payment.id = payment_id
        WHERE kind = 'CONFIRMATION' AND notice.status = 'WAITING'`);
      return notices.length === 3;
    });
    await watched.sees({
      alert: 'WeirNoticesPutAside',
      labels: { reason: 'refused' },
      cause: () => watched.sweeps('payments.sendNotices'),
      heal: async () => {
        const orders = await database.query<{ id: bigint }>(`SELECT id FROM payments.orders WHERE status = 'COMPLETED'`);
        for (const { id } of orders) await addressed({ database, ring }, id);
        await database.execute(`UPDATE payments.notice SET status = 'WAITING', token = NULL, response = NULL, reason = NULL, ended_at = NULL
          WHERE status IN ('PARKED', 'FAILED')`);
        await watched.sweeps('payments.sendNotices');
        expect(inbox.count()).toBe(3);
      },
    });
  });

  it('is woken by a gateway that is away, and not by what waits for it, until it is back', async () => {
    const { card } = world.gateways;
    const orders: StuckOrder[] = [];
    await watched.sees({
      alert: 'WeirDependencyAway',
      labels: { dependency: 'card' },
      follows: ['WeirPaymentsLate', 'WeirOrdersLate'],
      cause: async () => {
        while (orders.length < 8) orders.push(await anOrder(world, { createdAt: ago(0) }));
        card.refuseConnections();
        await watched.does('job', 'run', 'payments.reconcile', '--key', seoulMinute(new Date(Date.now() + 24 * hourMs)));
        await watched.fires('WeirDependencyAway');
        for (const table of ['orders', 'payment']) {
          const text = `UPDATE payments.${table} SET created_at = $1 WHERE status = 'PENDING'`;
          await world.database.execute({ text, values: [ago(2 * hourMs)] });
        }
      },
      heal: async () => {
        for (const { paymentNumber } of orders) card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
        await card.acceptConnections();
        // A run asks nobody whose breaker is still shut.
        await watched.weir.logged('breaker open again', { dependency: 'card' });
        await watched.sweeps('payments.reconcile');
      },
    });
    expect(await world.database.query(`SELECT FROM payments.orders WHERE status = 'PENDING'`)).toEqual([]);
  });
});
