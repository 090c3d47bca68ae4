import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { filters, flagsOf, paging } from '../filters.ts';
import { finder } from '../finder.ts';
import { agedMoment, moment } from '../moment.ts';
import { sheet } from '../sheet.ts';
import { table } from '../table.ts';
import { countText, digitsText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

interface PaymentRow {
  readonly payment: string;
  readonly order: string;
  readonly method: string;
  readonly amountMinor: string;
  readonly status: string;
  readonly parkReason: string | null;
  readonly createdAt: string;
  readonly nextAskAt: string | null;
  readonly refundStatus?: string | null;
  readonly refundParkReason?: string | null;
  readonly failCode?: string | null;
  readonly asks?: number;
  /** What the gateway calls the charge, and says that it has captured. */
  readonly transactionKey?: string | null;
  readonly capturedMinor?: string | null;
}

/** Payments without an end, and those that wait for a person. */
export const paymentsView: View = {
  look: async (_, place) => {
    const after = place.query.get('after') ?? undefined;
    const { payments, next } = await ask<{ payments: readonly PaymentRow[]; next: string | null }>('payments.list', {
      ...{ ...flagsOf(place, ['stuck', 'parked']), after },
    });
    return {
      title: 'Payments',
      body: [
        finder({ label: 'Find an order', hint: 'Number of the order', find: (order) => (location.hash = addressOf(['payments', order])) }),
        filters('payments', place, [
          ['', 'All that need attention'],
          ['stuck', 'Without an end'],
          ['parked', 'Waiting for a person'],
        ]),
        table<PaymentRow>({
          caption: 'Payments',
          rows: payments,
          keyOf: ({ payment }) => payment,
          empty: 'No payments. Every payment has its end, and none waits for a person.',
          columns: [
            { title: 'Payment', cell: ({ payment, order }) => h('a', { href: addressOf(['payments', order]) }, payment) },
            { title: 'Order', cell: ({ order }) => order },
            { title: 'State', cell: standing },
            { title: 'Amount (won)', isNumber: true, cell: ({ amountMinor }) => digitsText(amountMinor) },
            { title: 'Method', cell: ({ method }) => method },
            { title: 'Began', cell: ({ createdAt }) => agedMoment(createdAt) },
            { title: 'Asked about again', cell: ({ nextAskAt }) => moment(nextAskAt) },
          ],
        }),
        paging(['payments'], place, next),
      ],
    };
  },
};

function standing({ status, parkReason, refundStatus, refundParkReason }: PaymentRow): Child {
  return [
    parkReason === null ? badge(status) : badge('PARKED'),
    parkReason !== null && h('span', { class: 'why' }, parkReason),
    (refundStatus ?? null) !== null && h('span', { class: 'why' }, `refund ${refundStatus ?? ''} ${refundParkReason ?? ''}`),
  ];
}

interface OrderSheet {
  readonly order: { readonly order: string; readonly status: string };
  readonly items: readonly { readonly [field: string]: string }[];
  readonly payments: readonly PaymentRow[];
  readonly refunds: readonly Refund[];
}

interface Refund {
  readonly payment: string;
  readonly transactionKey: string;
  readonly status: string;
  readonly amountMinor: string;
  readonly reason: string;
  readonly parkReason: string | null;
  readonly requestedAt: string;
  readonly endedAt: string | null;
}

/** One order: its items, every payment and refund, and what can be done about each. */
export const orderView: View = {
  look: async (desk, { part = '' }) => {
    const found = await ask<OrderSheet>('payments.show', { order: part });
    return {
      title: `Order ${found.order.order}`,
      body: [
        h('p', {}, h('a', { href: '#/payments' }, 'All payments')),
        sheet(found.order),
        h('section', {}, h('h2', {}, 'Payments'), orderPayments(desk, found.payments)),
        h('section', {}, h('h2', {}, 'Refunds'), refunds(desk, found.refunds)),
        h('section', {}, h('h2', {}, 'Items'), sheet(found.items)),
      ],
    };
  },
};

function orderPayments(desk: Desk, rows: readonly PaymentRow[]): HTMLElement {
  return table<PaymentRow>({
    caption: 'Payments',
    rows,
    keyOf: ({ payment }) => payment,
    empty: 'No payment yet.',
    columns: [
      {
        title: 'Payment',
        cell: ({ payment, transactionKey }) => [payment, (transactionKey ?? null) !== null && h('span', { class: 'why' }, transactionKey)],
      },
      { title: 'State', cell: (row) => [standing(row), (row.failCode ?? null) !== null && h('span', { class: 'why' }, row.failCode)] },
      { title: 'Amount (won)', isNumber: true, cell: ({ amountMinor }) => digitsText(amountMinor) },
      { title: 'Captured (won)', isNumber: true, cell: capturedCell },
      { title: 'Method', cell: ({ method }) => method },
      { title: 'Times asked', isNumber: true, cell: ({ asks }) => countText(asks) },
      { title: 'Began', cell: ({ createdAt }) => moment(createdAt) },
      { title: 'Asked about again', cell: ({ nextAskAt }) => moment(nextAskAt) },
      { title: 'Do', isWide: true, cell: (row) => paymentActions(desk, row) },
    ],
  });
}

/** Beside the amount that was asked for: what differs from it is said to differ. */
function capturedCell({ amountMinor, capturedMinor }: PaymentRow): Child {
  if ((capturedMinor ?? null) === null) return '–';
  const amount = digitsText(capturedMinor ?? '');
  return capturedMinor === amountMinor ? amount : [amount, h('span', { class: 'why' }, 'not the amount')];
}

function paymentActions(desk: Desk, { payment, status, parkReason }: PaymentRow): Child {
  const fixed = { payment };
  const isPending = status === 'PENDING';
  const parked = parkReason === null ? 'it is not parked' : undefined;
  return h(
    'div',
    { class: 'row-actions' },
    actionButton(desk, 'payments.ask', 'Ask again', { fixed, unless: isPending ? undefined : 'it has ended' }),
    actionButton(desk, 'payments.give-back', 'Give back', { fixed, isGrave: true, unless: parked }),
    actionButton(desk, 'payments.fail', 'Fail', {
      fixed,
      isGrave: true,
      unless: parked ?? (parkReason === 'KEY_MISMATCH' ? undefined : 'only as KEY_MISMATCH'),
    }),
  );
}

function refunds(desk: Desk, rows: readonly Refund[]): HTMLElement {
  return table<Refund>({
    caption: 'Refunds',
    rows,
    keyOf: ({ transactionKey }) => transactionKey,
    empty: 'No refund. Nothing goes back.',
    columns: [
      { title: 'Of payment', cell: ({ payment }) => payment },
      { title: 'State', cell: ({ status, parkReason }) => [badge(status), parkReason !== null && h('span', { class: 'why' }, parkReason)] },
      { title: 'Amount (won)', isNumber: true, cell: ({ amountMinor }) => digitsText(amountMinor) },
      { title: 'Why', cell: ({ reason }) => reason },
      { title: 'Transaction', cell: ({ transactionKey }) => transactionKey },
      { title: 'Requested', cell: ({ requestedAt }) => moment(requestedAt) },
      { title: 'Ended', cell: ({ endedAt }) => moment(endedAt) },
      {
        title: 'Do',
        cell: ({ payment, transactionKey, status }) =>
          actionButton(desk, 'payments.refund', 'Ask for it again', {
            fixed: { payment, key: transactionKey },
            unless: status === 'PARKED' ? undefined : 'it is not parked',
          }),
      },
    ],
  });
}
