import { actionButton } from '../actionButton.ts';
import { ask, type Json, type Sheet } from '../api.ts';
import { badge } from '../badge.ts';
import { h } from '../dom.ts';
import { filters, flagsOf, paging } from '../filters.ts';
import { finder } from '../finder.ts';
import { agedMoment } from '../moment.ts';
import { checkButton } from '../checkButton.ts';
import { sheet } from '../sheet.ts';
import { table } from '../table.ts';
import { digitsText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

interface RemittanceRow {
  readonly number: string;
  readonly state: string;
  readonly amountMinor: string;
  readonly requestedAt: string;
  readonly stateSince: string;
  readonly failCode: string | null;
  readonly parkReason: string | null;
}

interface RemittanceSheet extends Sheet {
  /** Why trying it again would be refused; null: it would not. */
  readonly notTriedAgain?: string | null;
}

/** Remittances, all or those that wait for something; and the check of their books. */
export const remittancesView: View = {
  look: async (_, place) => {
    const after = place.query.get('after') ?? undefined;
    const show = place.query.has('show') ? flagsOf(place, ['unfinished', 'late', 'parked']) : {};
    const { remittances, next } = await ask<{ remittances: readonly RemittanceRow[]; next: string | null }>('remittance.list', {
      ...show,
      after,
    });
    return {
      title: 'Remittance',
      body: [
        finder({ label: 'Find a remittance', hint: 'Number', find: (number) => (location.hash = addressOf(['remittance', number])) }),
        h(
          'div',
          { class: 'actions' },
          filters('remittance', place, [
            ['', 'All'],
            ['unfinished', 'Without an end'],
            ['late', 'Late: ten minutes without an end'],
            ['parked', 'Waiting for a person'],
          ]),
          checkButton('remittance.check', 'Check the books'),
        ),
        table<RemittanceRow>({
          caption: 'Remittances',
          rows: remittances,
          keyOf: ({ number }) => number,
          empty: 'No remittances. None waits for this.',
          columns: [
            { title: 'Number', cell: ({ number }) => h('a', { href: addressOf(['remittance', number]) }, number) },
            {
              title: 'State',
              cell: ({ state, parkReason, failCode }) => [badge(state), h('span', { class: 'why' }, parkReason ?? failCode)],
            },
            { title: 'Amount (won)', isNumber: true, cell: ({ amountMinor }) => digitsText(amountMinor) },
            { title: 'Requested', cell: ({ requestedAt }) => agedMoment(requestedAt) },
            { title: 'In this state since', cell: ({ stateSince }) => agedMoment(stateSince) },
          ],
        }),
        paging(['remittance'], place, next),
      ],
    };
  },
};

/** One remittance: its states, records of the ledger, calls of the bank and failures; retry and resolve. */
export const remittanceView: View = {
  look: async (desk, { part = '' }) => {
    const found = await ask<RemittanceSheet>('remittance.show', { number: part });
    const fixed = { number: part };
    return {
      title: `Remittance ${part}`,
      body: [
        h('p', {}, h('a', { href: '#/remittance' }, 'All remittances')),
        h(
          'div',
          { class: 'actions' },
          actionButton(desk, 'remittance.retry', 'Try again', { fixed, unless: found.notTriedAgain ?? undefined }),
          actionButton(desk, 'remittance.resolve', 'Say what the bank meant', { fixed, isGrave: true }),
        ),
        sheet(found, { level: 2, without: ['notTriedAgain'], as: { from: account, to: account } }),
      ],
    };
  },
};

/** An account number is no state, though its field is called as one. */
function account(number: Json): string {
  return typeof number === 'string' ? number : '–';
}
