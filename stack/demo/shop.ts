import { methods, type Method } from '../../pipelines/payments/payment.ts';
import { buyerEmailField } from '../../pipelines/payments/buyerKeyStore.ts';
import type { Database } from '../../src/connectors/database.ts';
import { encryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { Gateways } from '../startOutside.ts';

/** How many orders of a shop hang. */
export const orderCount = 200;

/** A product of the shop: what there is of it at first. */
export interface Product {
  readonly id: bigint;
  readonly name: string;
  readonly stock: bigint;
}

export const products: readonly [limited: Product, router: Product, sim: Product] = [
  { id: 1n, name: 'a phone, limited edition', stock: 50n },
  { id: 2n, name: '5G router', stock: 500n },
  { id: 3n, name: 'SIM card', stock: 1_000n },
];

/** What a gateway says of an order's payment, by the order's number: 80 race for the 50 phones. */
type Fate = 'phone' | 'router' | 'declined' | 'neverCharged' | 'paidLate' | 'otherAmount' | 'noPayment';

const fates: readonly (readonly [Fate, number])[] = [
  ['phone', 80],
  ['router', 150],
  ['declined', 165],
  ['neverCharged', 180],
  ['paidLate', 190],
  ['otherAmount', 195],
  ['noPayment', orderCount],
];

/** An order that hangs. */
interface HangingOrder {
  readonly id: bigint;
  readonly fate: Fate;
  readonly method: Method;
  readonly amountMinor: bigint;
  readonly items: readonly (readonly [product: bigint, quantity: bigint])[];
}

/** Every order, always the same. Half of those that want a phone come last, so that nobody is served by number. */
function orders(): readonly HangingOrder[] {
  return Array.from({ length: orderCount }, (_, at) => {
    const fate = fates.find(([, end]) => at < end)?.[0] ?? 'noPayment';
    const sims = BigInt(1 + (at % 3));
    const isPhone = fate === 'phone';
    return {
      id: BigInt((at * 37) % orderCount) + 1n,
      fate,
      method: methods[at % methods.length] as Method,
      amountMinor: isPhone ? 1_290_000n : 165_000n + 8_800n * sims,
      items: isPhone ? [[1n, 1n]] : [[2n, 1n] as const, [3n, sims] as const],
    };
  });
}

/** Where the shop is. */
export interface ShopPlace {
  readonly database: Database;
  readonly keyRing: KeyRing;
  readonly gateways: Gateways;
  /** Calendar time. */
  readonly now: Date;
}

/** Writes what a shop left behind eleven minutes ago, and has the gateways charge, or not, what it asked them for. */
export async function hangOrders({ database, keyRing, gateways, now }: ShopPlace): Promise<void> {
  const [made, all] = [new Date(now.getTime() - 660_000), orders()];
  for (const { id, fate, method, amountMinor } of all) {
    if (fate === 'noPayment' || fate === 'neverCharged') continue;
    gateways[method].charge({
      paymentNumber: paymentNumberOf(id),
      amount: fate === 'otherAmount' ? amountMinor - 1_000n : amountMinor,
      status: fate === 'declined' ? 'DECLINED' : 'APPROVED',
      ...(fate === 'paidLate' && { settlesAfterMs: 240_000 }),
    });
  }
  const paying = all.filter(({ fate }) => fate !== 'noPayment');
  const lines = all.flatMap(({ id, items }) => items.map(([product, quantity]) => ({ id, product, quantity })));
  const emails = all.map(({ id }) => encryptField(keyRing, id.toString(), buyerEmailField, `buyer${id}@shop.example`));
  await database.withTransaction(async (transaction) => {
    await transaction.execute({
      text: `INSERT INTO payments.product (id, name, stock, low_stock_threshold) SELECT *, 5 FROM unnest($1::bigint[], $2::text[], $3::bigint[])`,
      values: [products.map(({ id }) => id), products.map(({ name }) => name), products.map(({ stock }) => stock)],
    });
    await transaction.execute({
      text: `INSERT INTO payments.orders (id, amount_minor, buyer_email, created_at) SELECT *, $4::timestamptz FROM unnest($1::bigint[], $2::bigint[], $3::text[])`,
      values: [all.map(({ id }) => id), all.map(({ amountMinor }) => amountMinor), emails, made],
    });
    await transaction.execute({
      text: `INSERT INTO payments.order_item (order_id, product_id, quantity) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])`,
      values: [lines.map(({ id }) => id), lines.map(({ product }) => product), lines.map(({ quantity }) => quantity)],
    });
    await transaction.execute({
      text: `INSERT INTO payments.payment (id, order_id, payment_number, method, amount_minor, created_at)
        SELECT id, id, number, method, amount, $5::timestamptz FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS payment (id, number, method, amount)`,
      values: [
        paying.map(({ id }) => id),
        paying.map(({ id }) => paymentNumberOf(id)),
        paying.map(({ method }) => method),
        paying.map(({ amountMinor }) => amountMinor),
        made,
      ],
    });
  });
}

/** Has the gateways call back about every second order that is paid, while daemons ask about all. */
export async function callBack(gateways: Gateways): Promise<void> {
  const called = orders().filter(({ id, fate }) => id % 2n === 0n && (fate === 'phone' || fate === 'router'));
  await Promise.all(called.map(({ id, method }) => gateways[method].sendWebhook({ paymentNumber: paymentNumberOf(id) })));
}

/** Dials in what gateways do to those who ask them, and to what they call back with. */
export function troubleGateways(gateways: Gateways): void {
  for (const { faults, webhooks } of Object.values(gateways)) {
    faults.add({ phase: 'before', probability: 0.05, action: { kind: 'reply', status: 503 } });
    faults.add({ phase: 'after', probability: 0.05, action: { kind: 'cut' } });
    faults.add({ phase: 'after', probability: 0.05, action: { kind: 'delay', delayMs: 300 } });
    webhooks.faults.add({ phase: 'webhook', probability: 0.2, action: { kind: 'duplicate' } });
    webhooks.faults.add({ phase: 'webhook', probability: 0.1, action: { kind: 'drop' } });
    webhooks.faults.add({ phase: 'webhook', probability: 0.1, action: { kind: 'wrongSignature' } });
    webhooks.faults.add({ phase: 'webhook', probability: 0.1, action: { kind: 'reorder' } });
  }
  gateways.card.refuseConnections(1_500);
}

function paymentNumberOf(order: bigint): string {
  return `P-${String(order).padStart(6, '0')}`;
}
