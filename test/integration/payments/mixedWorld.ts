import { methods, type Method } from '../../../pipelines/payments/payment.ts';
import type { Charge } from '../../../simulators/gateway/chargeStore.ts';
import { aPayment, aProduct, anOrder, emptied, type NewOrder, type Payments } from './aPayments.ts';

/** One order of a world: what its gateways say of its payments, and how all of it has to end. */
export interface Part {
  readonly name: string;
  /** One payment by each. */
  readonly by: readonly Method[];
  /** Default: paid. `unknown`: there is no such charge. `late`: pending until the world settles it. */
  readonly says?: 'DECLINED' | 'unknown' | 'late';
  readonly charged?: bigint;
  readonly items?: NewOrder['items'];
  /** Order, then its payments with their refunds, sorted. */
  readonly end: string;
}

/** Orders that wait for what their gateways say. */
export interface World {
  readonly ends: Readonly<Record<string, string>>;
  readonly payments: readonly WorldPayment[];
  /** What was pending at first is paid now. */
  settleLate(): void;
}

export interface WorldPayment {
  readonly name: string;
  readonly method: Method;
  readonly paymentNumber: string;
}

const amount = 12_000n;

/** What becomes of orders, by every gateway where money goes back. */
export const parts: readonly Part[] = [
  ...methods.map((by) => ({ name: `paid by ${by}`, by: [by], items: [[1n, 1n]] as const, end: 'COMPLETED: SUCCESS' })),
  ...methods.map((by) => ({
    ...{ name: `paid by ${by} without stock`, by: [by], items: [[2n, 2n]] as const },
    end: 'FAILED STOCK_SHORT: FAILED STOCK_SHORT refund DONE 12000',
  })),
  { name: 'declined', by: ['transfer'], says: 'DECLINED', items: [[1n, 1n]], end: 'FAILED DECLINED: FAILED DECLINED' },
  { name: 'not found', by: ['wallet'], says: 'unknown', items: [[1n, 1n]], end: 'FAILED NOT_FOUND: FAILED NOT_FOUND' },
  { name: 'pending at first', by: ['card'], says: 'late', items: [[1n, 1n]], end: 'COMPLETED: SUCCESS' },
  { name: 'another amount', by: ['wallet'], charged: 11_000n, items: [[1n, 1n]], end: 'PENDING: PENDING AMOUNT_MISMATCH' },
  {
    ...{ name: 'paid twice', by: ['transfer', 'wallet'], items: [[1n, 1n]] },
    end: 'COMPLETED: FAILED ORDER_ENDED refund DONE 12000, SUCCESS',
  },
  { name: 'without payment', by: [], end: 'FAILED NO_PAYMENT: ' },
];

/** Empties payments and puts orders in: ten of product 1, which is low at eight, and one of product 2, which reaches for nobody. */
export async function aWorld(payments: Payments, of: readonly Part[] = parts): Promise<World> {
  await emptied(payments);
  await aProduct(payments, 1n, 10n, 8n);
  await aProduct(payments, 2n, 1n);
  const made: WorldPayment[] = [];
  const ends: Record<string, string> = {};
  const late: (() => void)[] = [];
  for (const { name, by, says, charged = amount, items = [], end } of of) {
    const { orderId } = await anOrder(payments, { items, hasPayment: false });
    ends[`${orderId} ${name}`] = end;
    for (const method of by) {
      const { paymentNumber } = await aPayment(payments, orderId, { method });
      made.push({ name, method, paymentNumber });
      const charge = (status: Charge['status']): void => {
        payments.gateways[method].charge({ paymentNumber, amount: charged, status });
      };
      if (says === 'late') late.push(() => charge('APPROVED'));
      if (says !== 'unknown') charge(says === 'late' ? 'PENDING' : (says ?? 'APPROVED'));
    }
  }
  const settleLate = (): void => {
    for (const settle of late) settle();
  };
  return { ends, payments: made, settleLate };
}

/** How all orders stand, named as their parts are. */
export async function standingOf({ database }: Payments, { ends }: World): Promise<Readonly<Record<string, string>>> {
  const rows = await database.query<{ readonly id: bigint; readonly stand: string }>(standing);
  const stands = new Map(rows.map(({ id, stand }) => [id.toString(), stand]));
  return Object.fromEntries(Object.keys(ends).map((name) => [name, stands.get(name.split(' ')[0] ?? '') ?? '']));
}

const standing = `
  SELECT orders.id, concat_ws(' ', orders.status, orders.fail_code) || ': ' || coalesce(string_agg(paid.stand, ', ' ORDER BY paid.stand), '') AS stand
  FROM payments.orders LEFT JOIN (
    SELECT order_id, concat_ws(' ', payment.status, payment.fail_code, payment.park_reason,
      'refund ' || refund.status, refund.park_reason, refund.amount_minor) AS stand
    FROM payments.payment LEFT JOIN payments.refund ON payment_id = payment.id
  ) AS paid ON order_id = orders.id
  GROUP BY orders.id`;
