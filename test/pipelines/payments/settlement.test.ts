import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { GatewayAnswer } from '../../../pipelines/payments/payment.ts';
import { decideSettlement, type Settlement, type Standing } from '../../../pipelines/payments/settlement.ts';

type Change = Partial<Standing['order']> & { readonly payment?: Partial<Standing['payment']> } & Partial<
    Pick<Standing, 'hasOtherPayments' | 'isKeyTaken'>
  >;

function standing({ payment, hasOtherPayments = false, isKeyTaken = false, ...order }: Change = {}): Standing {
  return {
    order: { orderId: 1n, status: 'PENDING', amountMinor: 12_000n, items: [{ productId: 7n, quantity: 2n }], ...order },
    payment: {
      paymentId: 11n,
      status: 'PENDING',
      isParked: false,
      isGivenBack: false,
      amountMinor: 12_000n,
      transactionKey: null,
      ...payment,
    },
    hasOtherPayments,
    isKeyTaken,
  };
}

const paid = { kind: 'paid', transactionKey: 'tx-1', amountMinor: 12_000n } as const;
const back = (code: string, isOrderFailed = false): object => ({
  kind: 'refunded',
  code,
  refund: { transactionKey: 'tx-1', amountMinor: 12_000n },
  isOrderFailed,
  isRefundParked: false,
});

const aside = { ...back('KEY_MISMATCH'), isRefundParked: true };

const cases: readonly [string, Change, GatewayAnswer, boolean, object][] = [
  ['paid, with stock', {}, paid, true, { kind: 'completed', transactionKey: 'tx-1' }],
  ['paid, without stock', {}, paid, false, back('STOCK_SHORT', true)],
  ['declined', {}, { kind: 'failed' }, true, { kind: 'failed', code: 'DECLINED', isOrderFailed: true }],
  [
    'declined, another attempt than its own',
    { payment: { transactionKey: 'tx-1' } },
    { kind: 'failed', transactionKey: 'tx-2' },
    true,
    { kind: 'unchanged' },
  ],
  [
    'declined under its own key',
    { payment: { transactionKey: 'tx-1' } },
    { kind: 'failed', transactionKey: 'tx-1' },
    true,
    { kind: 'failed' },
  ],
  ['declined, its key not known', {}, { kind: 'failed', transactionKey: 'tx-2' }, true, { kind: 'failed', code: 'DECLINED' }],
  ['not found', {}, { kind: 'notFound' }, true, { kind: 'failed', code: 'NOT_FOUND', isOrderFailed: true }],
  ['not known yet', {}, { kind: 'pending' }, true, { kind: 'waiting' }],
  ['declined, and another payment is open or paid', { hasOtherPayments: true }, { kind: 'failed' }, true, { isOrderFailed: false }],
  ['declined, and the order has ended', { status: 'COMPLETED' }, { kind: 'failed' }, true, { isOrderFailed: false }],
  ['paid less than the payment says', {}, { ...paid, amountMinor: 11_999n }, true, { kind: 'parked', code: 'AMOUNT_MISMATCH' }],
  ['paid more', {}, { ...paid, amountMinor: 12_001n }, true, { kind: 'parked', code: 'AMOUNT_MISMATCH' }],
  ['the order costs something else than its payment', { amountMinor: 13_000n }, paid, true, { kind: 'parked', code: 'AMOUNT_MISMATCH' }],
  ['paid for an order that was completed', { status: 'COMPLETED' }, paid, true, back('ORDER_ENDED')],
  ['paid for an order that has failed', { status: 'FAILED' }, paid, true, back('ORDER_ENDED')],
  ['paid after it has failed', { payment: { status: 'FAILED' }, status: 'FAILED' }, paid, true, back('PAID_LATE')],
  ['declined after it has failed', { payment: { status: 'FAILED' } }, { kind: 'failed' }, true, { kind: 'unchanged' }],
  ['paid once more', { payment: { status: 'SUCCESS' }, status: 'COMPLETED' }, paid, true, { kind: 'unchanged' }],
  ['declined after it was paid', { payment: { status: 'SUCCESS' }, status: 'COMPLETED' }, { kind: 'failed' }, true, { kind: 'unchanged' }],
  ['paid again, under another key', { payment: { status: 'SUCCESS', transactionKey: 'tx-2' }, status: 'COMPLETED' }, paid, true, aside],
  ['parked', { payment: { isParked: true, transactionKey: 'tx-1' } }, paid, true, { kind: 'unchanged' }],
  ['parked, and paid again under another key', { payment: { isParked: true, transactionKey: 'tx-2' } }, paid, true, aside],
  [
    "parked, and reported under another payment's key once more",
    { payment: { isParked: true, transactionKey: 'tx-2' }, isKeyTaken: true },
    paid,
    true,
    { kind: 'unchanged' },
  ],
  [
    "parked under another payment's key, and paid under one of its own",
    { payment: { isParked: true } },
    paid,
    true,
    { kind: 'parked', code: 'KEY_MISMATCH', own: { transactionKey: 'tx-1', amountMinor: 12_000n } },
  ],
  ['paid under the key of another payment', { isKeyTaken: true }, paid, true, { kind: 'parked', code: 'KEY_MISMATCH' }],
  [
    'given back: another amount',
    { payment: { isGivenBack: true } },
    { ...paid, amountMinor: 5n },
    true,
    { ...back('GIVEN_BACK', true), refund: { transactionKey: 'tx-1', amountMinor: 5n } },
  ],
  ['given back: the exact amount', { payment: { isGivenBack: true } }, paid, true, back('GIVEN_BACK', true)],
  ['given back: another payment is open', { payment: { isGivenBack: true }, hasOtherPayments: true }, paid, true, back('GIVEN_BACK')],
  [
    'given back: another key than its own',
    { payment: { isGivenBack: true, transactionKey: 'tx-2' } },
    paid,
    true,
    back('GIVEN_BACK', true),
  ],
  [
    "given back: another payment's key",
    { payment: { isGivenBack: true }, isKeyTaken: true },
    paid,
    true,
    { kind: 'parked', code: 'KEY_MISMATCH' },
  ],
  ['given back: not known yet', { payment: { isGivenBack: true } }, { kind: 'pending' }, true, { kind: 'waiting' }],
  ['given back: nothing was captured', { payment: { isGivenBack: true } }, { kind: 'failed' }, true, { kind: 'failed', code: 'DECLINED' }],
  [
    'paid under another key than its own',
    { payment: { transactionKey: 'tx-2' } },
    paid,
    true,
    { kind: 'parked', code: 'KEY_MISMATCH', refund: { transactionKey: 'tx-1', amountMinor: 12_000n } },
  ],
  [
    'paid after it has failed, under another key than its own',
    { payment: { status: 'FAILED', transactionKey: 'tx-2' } },
    paid,
    true,
    aside,
  ],
  [
    'paid after it has failed, under the key of another payment',
    { payment: { status: 'FAILED' }, isKeyTaken: true },
    paid,
    true,
    { kind: 'refunded', code: 'KEY_MISMATCH', isRefundParked: true },
  ],
];

test.each(cases)('%s', (_name, change, answer, hasStock, expected) => {
  expect(decideSettlement(standing(change), answer, () => hasStock)).toMatchObject(expected);
});

describe('whatever is known', () => {
  const anyStanding = fc
    .record({
      order: fc.constantFrom('PENDING', 'COMPLETED', 'FAILED'),
      payment: fc.constantFrom('PENDING', 'SUCCESS', 'FAILED'),
      isParked: fc.boolean(),
      isGivenBack: fc.boolean(),
      hasOtherPayments: fc.boolean(),
      isKeyTaken: fc.boolean(),
      ordered: fc.bigInt(1n, 3n),
      asked: fc.bigInt(1n, 3n),
      key: fc.constantFrom(null, 'tx-1', 'tx-2'),
    })
    .map(({ order, payment, isParked, isGivenBack, hasOtherPayments, isKeyTaken, ordered, asked, key }) =>
      standing({
        status: order as 'PENDING',
        amountMinor: ordered,
        hasOtherPayments,
        isKeyTaken,
        payment: { status: payment, isParked, isGivenBack, amountMinor: asked, transactionKey: key },
      }),
    );
  const anyAnswer: fc.Arbitrary<GatewayAnswer> = fc.oneof(
    fc.constantFrom<GatewayAnswer>({ kind: 'failed' }, { kind: 'pending' }, { kind: 'notFound' }),
    fc.bigInt(1n, 3n).map((amountMinor) => ({ kind: 'paid' as const, transactionKey: 'tx-1', amountMinor })),
  );

  it('completes only a waiting order by a waiting payment, of the same amount, with stock, under a key of its own', () => {
    const property = fc.property(anyStanding, anyAnswer, fc.boolean(), (at, answer, hasStock) => {
      const settlement = decideSettlement(at, answer, () => hasStock);
      if (settlement.kind !== 'completed') return;
      expect(hasStock).toBe(true);
      expect([at.order.status, at.payment.status, at.payment.isParked, at.isKeyTaken]).toEqual(['PENDING', 'PENDING', false, false]);
      expect(answer).toEqual({ kind: 'paid', transactionKey: at.payment.transactionKey ?? 'tx-1', amountMinor: at.order.amountMinor });
      expect(at.payment.amountMinor).toBe(at.order.amountMinor);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('keeps no captured money: it completes an order, goes back in full, or waits for a person', () => {
    const property = fc.property(anyStanding, anyAnswer, fc.boolean(), (at, answer, hasStock) => {
      if (answer.kind !== 'paid') return;
      const { payment, isKeyTaken } = at;
      const settlement: Settlement = decideSettlement(at, answer, () => hasStock);
      const refund = 'refund' in settlement ? settlement.refund : undefined;
      if (refund !== undefined) expect(refund).toEqual({ transactionKey: 'tx-1', amountMinor: answer.amountMinor });
      if (settlement.kind === 'unchanged') {
        // The charge that it was paid by or is parked with, or the charge of another payment.
        expect(payment.status === 'SUCCESS' || payment.isParked).toBe(true);
        expect((payment.transactionKey ?? 'tx-1') === 'tx-1' || isKeyTaken).toBe(true);
        return;
      }
      expect(['completed', 'refunded', 'parked']).toContain(settlement.kind);
      // Whoever has a key of their own and is charged under another has the money set aside, or it goes back.
      const isFurther = payment.transactionKey === 'tx-2' && !isKeyTaken;
      expect(isFurther && refund === undefined).toBe(false);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
