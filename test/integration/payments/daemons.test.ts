import { expect, it, vi } from 'vitest';
import { methods } from '../../../pipelines/payments/payment.ts';
import { reconcile } from '../../../pipelines/payments/reconcile.job.ts';
import { refund } from '../../../pipelines/payments/refund.job.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import type { Job } from '../../../src/runtime/jobs/job.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { aProduct, anOrder } from './aPayments.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Opens a run, as of the next minute, which both daemons share, and waits for its end. */
async function run(
  { database }: OutsideWorld,
  { name, planVersion }: Pick<Job<never, never, never, never>, 'name' | 'planVersion'>,
): Promise<void> {
  const key = seoulMinute(new Date(Date.now() + 60_000));
  await insertRun(database, { job: name, key, planVersion });
  const statement = { text: 'SELECT FROM weir.job_run WHERE job = $1 AND key = $2 AND status = $3', values: [name, key, 'COMPLETED'] };
  await until(`${name} has completed`, async () => (await database.query(statement)).length === 1, { limitMs: 60_000 });
}

it('200 orders for 50 items, from two daemons and webhooks at once: exactly 50 are sold, 150 given back in full, as the gateways say', async () => {
  const world = await anOutsideWorld();
  const { database, gateways } = world;
  await aProduct(world, 1n, 50n);
  const createdAt = new Date(Date.now() - 3_600_000).toISOString();
  const orders = [];
  for (let at = 0; at < 200; at += 1) {
    const method = methods[at % methods.length] ?? 'card';
    const { paymentNumber } = await anOrder(world, { method, createdAt, items: [[1n, 1n]] });
    gateways[method].charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
    orders.push({ method, paymentNumber });
  }
  // Webhooks come all at once: on a busy machine none is refused since it waits for a connection.
  const patient = ['--set', 'database.connectTimeoutMs=20000'];
  const chunks = ['--set', 'payments.reconcile.chunk.size=5', '--set', 'jobs.pageSize=10', ...patient];
  const daemons = ['a', 'b'].map((name) => startWeir({ ...world.environment, WEIR_INSTANCE: name }, 'run', ...chunks));
  const apis = await Promise.all(daemons.map(async (daemon) => String((await daemon.logged('public API open'))['address'])));
  for (const [at, method] of methods.entries()) {
    gateways[method].webhooks.sendTo(`${apis[at % apis.length]}/webhooks/payments/${method}`);
  }
  await Promise.all([run(world, reconcile), ...orders.map(({ method, paymentNumber }) => gateways[method].sendWebhook({ paymentNumber }))]);
  await run(world, refund);
  const [row] = await database.query(`
    SELECT count(*) FILTER (WHERE orders.status = 'COMPLETED')::int AS sold, count(*) FILTER (WHERE refund.status = 'DONE')::int AS back,
      count(*) FILTER (WHERE orders.status = 'PENDING')::int AS waiting, (SELECT stock::int FROM payments.product) AS stock
    FROM payments.orders JOIN payments.payment ON order_id = orders.id LEFT JOIN payments.refund ON payment_id = payment.id`);
  expect(row).toEqual({ sold: 50, back: 150, waiting: 0, stock: 0 });
  const charges = Object.values(gateways).flatMap((gateway) => gateway.record());
  const backs = charges.map(({ refunds }) => refunds.map(({ amount }) => amount));
  expect(backs.filter((amounts) => amounts.length === 0)).toHaveLength(50);
  expect(backs.filter((amounts) => amounts.length === 1 && amounts[0] === 12_000n)).toHaveLength(150);
  for (const daemon of daemons) expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
});
