import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { finder } from '../finder.ts';
import { table } from '../table.ts';
import { moment } from '../moment.ts';
import { countText } from '../text.ts';
import { addressOf, type View } from '../view.ts';
import { memberSection, type MemberSheet } from './member.ts';

interface ParkedBill {
  readonly bill: string;
  readonly billNumber: string;
  readonly month: string;
  readonly publicInfoId: string;
  readonly channel: string | null;
  readonly why: string;
  readonly parkedAt: string | null;
}

/** What was looked for last. An e-mail address never stands in an address, which is kept in histories. */
let wanted: Readonly<Record<string, string>> | undefined;

/** Members with their bills, by number, e-mail address or bill; and the bills that wait for a person. */
export const billingView: View = {
  look: async (desk, { part }) => {
    const query = part === undefined ? wanted : { publicInfoId: part };
    const found = query === undefined ? undefined : await ask<{ members: readonly MemberSheet[] }>('billing.find', query);
    const parked = query === undefined ? await ask<{ parked: number; bills: readonly ParkedBill[] }>('billing.unknown') : undefined;
    return {
      title: 'Billing',
      body: [
        finder({
          label: 'Find a member',
          hint: 'Number, e-mail address or bill',
          find: (text) => find(desk, text),
        }),
        found !== undefined && members(desk, found.members),
        parked !== undefined && waiting(desk, parked),
      ],
    };
  },
};

function find(desk: Desk, text: string): void {
  if (/^[1-9]\d{0,14}$/.test(text)) {
    wanted = undefined;
    location.hash = addressOf(['billing', text]);
    return;
  }
  wanted = text.includes('@') ? { email: text } : { bill: text };
  if (location.hash === '#/billing') void desk.refresh();
  else location.hash = '#/billing';
}

function members(desk: Desk, found: readonly MemberSheet[]): Child {
  const back = h('p', {}, h('a', { href: '#/billing', onclick: () => forget(desk) }, 'Back to what waits for a person'));
  if (found.length === 0) return [h('p', { class: 'empty' }, 'No member. Nobody has this number, address or bill.'), back];
  return [back, found.map((member) => memberSection(desk, member))];
}

function forget(desk: Desk): void {
  wanted = undefined;
  if (location.hash === '#/billing') void desk.refresh();
}

function waiting(desk: Desk, { parked, bills }: { readonly parked: number; readonly bills: readonly ParkedBill[] }): Child {
  return h(
    'section',
    {},
    h('h2', {}, parked === 0 ? 'Parked bills' : `Parked bills: ${countText(parked)}`),
    h('p', { class: 'quiet' }, 'Nobody can tell whether these were sent. Look them up in the log of the mail server by their Message-ID.'),
    h(
      'div',
      { class: 'actions' },
      actionButton(desk, 'billing.resolve', 'Decide about all of them', {
        ...{ preset: { expected: String(parked) }, without: ['bills'], isGrave: true },
        unless: parked === 0 ? 'none is parked' : undefined,
      }),
      actionButton(desk, 'billing.retry', 'Send failed bills again'),
      actionButton(desk, 'billing.restored', 'After a restore of the database', { isGrave: true }),
    ),
    table<ParkedBill>({
      caption: 'Parked bills',
      rows: bills,
      keyOf: ({ bill }) => bill,
      empty: 'No parked bills. Of every bill it is known whether it was sent.',
      columns: [
        { title: 'Bill', cell: ({ bill }) => bill },
        { title: 'Member', cell: ({ publicInfoId }) => h('a', { href: addressOf(['billing', publicInfoId]) }, publicInfoId) },
        { title: 'Month', cell: ({ month }) => month },
        { title: 'Why', isWide: true, cell: ({ why }) => why },
        { title: 'Channel', cell: ({ channel }) => channel ?? '–' },
        { title: 'Parked', cell: ({ parkedAt }) => moment(parkedAt) },
        {
          title: 'Do',
          isWide: true,
          cell: ({ bill }) => actionButton(desk, 'billing.resolve', 'Decide', { fixed: { bills: bill }, without: ['month', 'expected'] }),
        },
      ],
    }),
  );
}
