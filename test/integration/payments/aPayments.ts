import { dueRefundStore, dueStore } from '../../../pipelines/payments/dueStore.ts';
import { askableGateways } from '../../../pipelines/payments/gateways/askableGateways.ts';
import type { Method } from '../../../pipelines/payments/payment.ts';
import { methods } from '../../../pipelines/payments/payment.ts';
import { paymentsOutbox } from '../../../pipelines/payments/paymentsOutbox.ts';
import { reconcile, type ReconcilePorts } from '../../../pipelines/payments/reconcile.job.ts';
import { reconcileStore } from '../../../pipelines/payments/reconcileStore.ts';
import { refund, type RefundPorts } from '../../../pipelines/payments/refund.job.ts';
import { refundStore } from '../../../pipelines/payments/refundStore.ts';
import { settlementStore } from '../../../pipelines/payments/settlementStore.ts';
import { webhookStore, type WebhookStore } from '../../../pipelines/payments/webhookStore.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { startGateway, type Gateway } from '../../../simulators/gateway.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openHttpClient } from '../../../src/connectors/http/openHttpClient.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Job } from '../../../src/runtime/jobs/job.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { openGate } from '../../support/openGate.ts';
import { aMigratedDatabase } from '../../support/services.ts';

/** Who runs a job, where that matters. */
export interface Runner {
  readonly holder?: string;
  readonly clock?: Clock;
  /** What stands between it and the gateways. */
  readonly wire?: (client: HttpClient) => HttpClient;
}

/** The tables of payments in a database of their own, real gateways that misbehave as they are told, a calendar that tests set. */
export interface Payments {
  readonly url: string;
  readonly database: PostgresDatabase;
  readonly gateways: Readonly<Record<Method, Gateway>>;
  readonly webhooks: WebhookStore;
  /** Ports as a process has them, over its own view of the database. */
  portsOver(database: Database, wire?: Runner['wire']): ReconcilePorts & RefundPorts;
  /** What takes the events of gateways, over its own view of the database. */
  webhooksOver(database: Database): WebhookStore;
  /** Runs a job to its end, as of the calendar's minute. */
  run(name: 'reconcile' | 'refund', over?: Database, options?: object, by?: Runner): Promise<JobEnd>;
  /** Calendar time. */
  readonly now: () => Date;
  /** The calendar's minute, as the key of a run. */
  readonly minute: () => string;
  /** Moves the calendar on, so that what waits for a time is due. */
  pass(minutes: number): void;
  /** Sets it back to noon. */
  backToNoon(): void;
}

/** With which jobs are run here. */
export const settings = {
  ...{ partitions: 4, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 100, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

/** Opens payments whose calendar stands at noon in Seoul. */
export async function aPayments(): Promise<Payments> {
  const url = await aMigratedDatabase();
  // Hundreds may wait at once for one of its connections, and a busy machine may stand still meanwhile: none is refused for that.
  const database = openDatabase({ url, clock: realClock, connectLimitMs: 20_000 });
  atTheEnd(() => database.close());
  const gateways = Object.fromEntries(await Promise.all(methods.map(async (manner) => [manner, await aGateway(manner)] as const)));
  const noon = new Date('2026-11-01T03:00:00Z');
  let calendar = noon;
  const now = (): Date => calendar;
  const minute = (): string => seoulMinute(calendar);
  const settlements = settlementStore({ outbox: paymentsOutbox, now });
  const portsOver: Payments['portsOver'] = (over, wire = (client) => client) => ({
    gateways: askableGateways((method) => {
      const { url: address, token } = gateways[method] as Gateway;
      return wire(openHttpClient({ service: `The ${method} gateway`, url: address, token, clock: realClock }));
    }, openGate),
    duePayments: dueStore(over),
    reconciliations: reconcileStore(settlements),
    refunds: { ...dueRefundStore(over), ...refundStore(over, now) },
  });
  const jobs = { reconcile, refund } as unknown as Record<string, Job<unknown, unknown, unknown, unknown>>;
  return {
    url,
    database,
    webhooks: webhookStore(database, settlements),
    gateways: gateways as Record<Method, Gateway>,
    portsOver,
    webhooksOver: (over) => webhookStore(over, settlements),
    ...{ now, minute },
    pass: (minutes) => {
      calendar = new Date(calendar.getTime() + minutes * 60_000);
    },
    backToNoon: () => {
      calendar = noon;
    },
    run: (name, over = database, options = {}, { holder = 'test', clock = realClock, wire } = {}) => {
      const job = jobs[name] as Job<unknown, unknown, unknown, unknown>;
      return runJob({
        ...{ job, ports: portsOver(over, wire), key: minute(), database: over, clock, settings, log: silent, holder },
        options: job.options.parse(options),
        meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
        parts: new Set(),
        draining: new AbortController().signal,
        signal: new AbortController().signal,
      });
    },
  };
}

async function aGateway(manner: Method): Promise<Gateway> {
  const gateway = await startGateway({ manner, token: 'secret', webhookSecret: 'a secret of the card gateway' });
  atTheEnd(() => gateway.close());
  return gateway;
}

/** Forgets orders, payments, products and runs. What gateways remember stays, since payment numbers are never used twice. */
export async function emptied(payments: Payments): Promise<void> {
  await payments.database.execute(
    'TRUNCATE payments.product, payments.orders, payments.order_item, payments.payment, payments.refund, payments.notice, payments.outbox, payments.inbox, weir.job_run CASCADE',
  );
  payments.backToNoon();
  for (const { faults, webhooks } of Object.values(payments.gateways)) {
    faults.clear();
    webhooks.faults.clear();
  }
}

let made = 0;

export interface NewOrder {
  readonly method?: Method;
  readonly amountMinor?: bigint;
  readonly paymentMinor?: bigint;
  readonly items?: readonly (readonly [productId: bigint, quantity: bigint])[];
  readonly transactionKey?: string | null;
  readonly hasPayment?: boolean;
  readonly createdAt?: string;
}

/** What a shop left behind: an order and its payment, made at 11:30. */
export interface StuckOrder {
  readonly orderId: bigint;
  readonly paymentId: bigint;
  readonly paymentNumber: string;
  readonly method: Method;
  readonly amountMinor: bigint;
}

export async function aProduct({ database }: Pick<Payments, 'database'>, id: bigint, stock: bigint, threshold = 0n): Promise<void> {
  const values = [id, `product ${id}`, stock, threshold];
  await database.execute({ text: 'INSERT INTO payments.product (id, name, stock, low_stock_threshold) VALUES ($1, $2, $3, $4)', values });
}

export async function anOrder(payments: Pick<Payments, 'database'>, order: NewOrder = {}): Promise<StuckOrder> {
  const { database } = payments;
  made += 1;
  const orderId = BigInt(1_000 + made);
  const { method = 'card', amountMinor = 12_000n, items = [], createdAt = '2026-11-01T02:30:00Z', transactionKey = null } = order;
  await database.execute({
    text: `INSERT INTO payments.orders (id, amount_minor, buyer_email, created_at) VALUES ($1, $2, 'ciphertext', $3)`,
    values: [orderId, amountMinor, createdAt],
  });
  await database.execute({
    text: 'INSERT INTO payments.order_item (order_id, product_id, quantity) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])',
    values: [orderId, items.map(([id]) => id), items.map(([, quantity]) => quantity)],
  });
  const stuck = { orderId, method, amountMinor };
  if (order.hasPayment === false) return { ...stuck, paymentId: 0n, paymentNumber: '' };
  return {
    ...stuck,
    ...(await aPayment(payments, orderId, { method, amountMinor: order.paymentMinor ?? amountMinor, createdAt, transactionKey })),
  };
}

/** One more payment of an order. */
export async function aPayment(
  { database }: Pick<Payments, 'database'>,
  orderId: bigint,
  { method = 'card', amountMinor = 12_000n, createdAt = '2026-11-01T02:30:00Z', transactionKey = null }: Omit<NewOrder, 'items'> = {},
): Promise<Pick<StuckOrder, 'paymentId' | 'paymentNumber'>> {
  made += 1;
  const paymentId = BigInt(100_000 + made);
  const paymentNumber = `P-${paymentId}`;
  await database.execute({
    text: `INSERT INTO payments.payment (id, order_id, payment_number, method, transaction_key, amount_minor, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [paymentId, orderId, paymentNumber, method, transactionKey, amountMinor, createdAt],
  });
  return { paymentId, paymentNumber };
}

/** How an order, its payment and its refund stand. */
export async function standOf({ database }: Payments, { orderId }: StuckOrder): Promise<readonly object[]> {
  return database.query({
    text: `SELECT orders.status AS "order", orders.fail_code AS "orderCode", payment.status AS payment, payment.fail_code AS "code", payment.park_reason AS parked,
        refund.status AS refund, refund.amount_minor AS back
      FROM payments.orders LEFT JOIN payments.payment ON order_id = orders.id LEFT JOIN payments.refund ON payment_id = payment.id
      WHERE orders.id = $1 ORDER BY payment.id`,
    values: [orderId],
  });
}
