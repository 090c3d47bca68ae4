import { join } from 'node:path';
import { dueStore } from '../pipelines/payments/dueStore.ts';
import { cardGateway } from '../pipelines/payments/gateways/cardGateway.ts';
import type { DuePayment } from '../pipelines/payments/payment.ts';
import { paymentsOutbox } from '../pipelines/payments/paymentsOutbox.ts';
import { reconcile } from '../pipelines/payments/reconcile.job.ts';
import { reconcileStore } from '../pipelines/payments/reconcileStore.ts';
import { settlementStore } from '../pipelines/payments/settlementStore.ts';
import { startGateway } from '../simulators/gateway.ts';
import { openHttpClient } from '../src/connectors/http/openHttpClient.ts';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { askAlone, askInChunks } from './reconcile/chunksOfTen.ts';
import { runWholeJob } from './runWholeJob.ts';

/** A real gateway's answers, scaled down ten times: 500 ms in the mean, one in a hundred takes six times as long. */
const latency = { meanMs: 50, sigma: 1 };

const key = '2026-11-01T12:00';

/**
 * Reconciling payments with a gateway whose answers take as long as real ones do: the job `payments.reconcile` as `weir run --job` runs it,
 * ten calls at once. Baseline: chunks of ten that wait for their slowest. Ceiling: the calls alone, ten at once, and nothing written.
 */
export const reconcileBenchmark: Benchmark = { name: 'reconcile', unit: 'payments', size: 1_000, open: (size) => open(size, 10) };

/** The same with a gateway that allows a hundred calls at once; the baseline stays at ten. */
export const reconcileWide: Benchmark = { name: 'reconcileWide', unit: 'payments', size: 1_000, open: (size) => open(size, 100) };

async function open(size: number, atOnce: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
  const simulator = started.adopt(await startGateway({ manner: 'card', token: 'bench', latency }), (opened) => opened.close());
  const gateway = cardGateway(openHttpClient({ service: 'The gateway', url: simulator.url, token: 'bench', clock: realClock }));
  const payments = Array.from({ length: size }, (_, index): DuePayment => {
    return { kind: 'payment', paymentId: BigInt(index + 1), method: 'card', paymentNumber: `P-${index + 1}`, transactionKey: undefined };
  });
  for (const { paymentNumber } of payments) simulator.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  const settlements = settlementStore({ outbox: paymentsOutbox, now: () => new Date() });
  const entry = { mayCall: () => true, answered: () => undefined, failed: () => undefined, leave: () => undefined };
  const gate = { name: 'card', isOpen: () => true, enter: () => entry, onOpen: () => () => undefined };
  const ports = { gateways: { card: { gateway, gate } }, duePayments: dueStore(database), reconciliations: reconcileStore(settlements) };
  const entrant = (run: () => Promise<void>, isWritten: boolean): Entrant => ({
    prepare: () => fill(database, size),
    run: async () => {
      await run();
      return size;
    },
    check: () => requireCompleted(database, isWritten ? size : 0),
  });
  const all = started.move();
  return {
    entrants: {
      ours: entrant(() => runWholeJob(reconcile, ports, key, database, { ask: { concurrency: atOnce } }), true),
      baseline: entrant(() => askInChunks(database, settlements, gateway, payments), true),
      ceiling: entrant(() => askAlone(gateway, payments, atOnce), false),
    },
    close: () => all.disposeAsync(),
  };
}

async function fill(database: PostgresDatabase, count: number): Promise<void> {
  await database.execute('TRUNCATE payments.orders, payments.payment, payments.refund, payments.outbox, weir.job_run CASCADE');
  await database.execute({
    text: `INSERT INTO payments.orders (id, amount_minor, buyer_email, created_at)
      SELECT n, 12000, 'ciphertext', '2026-11-01T00:00:00Z' FROM generate_series(1, $1::bigint) AS n`,
    values: [count],
  });
  await database.execute(`
    INSERT INTO payments.payment (id, order_id, payment_number, method, amount_minor, created_at)
    SELECT id, id, 'P-' || id, 'card', amount_minor, created_at FROM payments.orders`);
  await database.execute('VACUUM ANALYZE payments.orders, payments.payment');
}

async function requireCompleted(database: PostgresDatabase, count: number): Promise<void> {
  const [row] = await database.query<{ completed: bigint }>(
    `SELECT count(*) AS completed FROM payments.orders JOIN payments.payment ON order_id = orders.id
     WHERE orders.status = 'COMPLETED' AND payment.status = 'SUCCESS'`,
  );
  if (row?.completed !== BigInt(count)) throw new Error(`Of ${count} orders ${row?.completed} are completed.`);
}
