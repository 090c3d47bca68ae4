import { actionButton } from '../actionButton.ts';
import { ask, type Sheet } from '../api.ts';
import { badge } from '../badge.ts';
import { h } from '../dom.ts';
import { filters, flagsOf, paging } from '../filters.ts';
import { finder } from '../finder.ts';
import { agedMoment, moment } from '../moment.ts';
import { sheet } from '../sheet.ts';
import { table } from '../table.ts';
import { countText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

interface LinkRow {
  readonly link: string;
  readonly account: string;
  readonly partner: string;
  readonly status: string;
  readonly since: string;
  readonly failCode: string | null;
  readonly failedWith: string | null;
  readonly tries: number | null;
  readonly nextTryAt: string | null;
  readonly parkReason: string | null;
}

/** Links of accounts to partners: all, those of an account, or those that wait for something. */
export const accountLinksView: View = {
  look: async (_, place) => {
    const after = place.query.get('after') ?? undefined;
    const account = place.query.get('account') ?? undefined;
    const { links, next } = await ask<{ links: readonly LinkRow[]; next: string | null }>('account-links.list', {
      ...{ ...flagsOf(place, ['unfinished', 'parked', 'failed']), account, after },
    });
    return {
      title: account === undefined ? 'Account links' : `Links of account ${account}`,
      body: [
        finder({
          ...{ label: 'Find an account', hint: 'Number of our account', value: account ?? '' },
          find: (text) => (location.hash = addressOf(['account-links'], { account: text })),
        }),
        filters('account-links', place, [
          ['', 'All'],
          ['unfinished', 'Without the word of the bank'],
          ['parked', 'Waiting for a person'],
          ['failed', 'Refused by the bank'],
        ]),
        table<LinkRow>({
          caption: 'Account links',
          rows: links,
          keyOf: ({ link }) => link,
          empty: 'No account links. None waits for this.',
          columns: [
            { title: 'Link', cell: ({ link }) => h('a', { href: addressOf(['account-links', link]) }, link) },
            { title: 'Account', cell: ({ account: of }) => of },
            { title: 'Partner', cell: ({ partner }) => partner },
            {
              title: 'State',
              cell: ({ status, parkReason, failCode, failedWith }) => [
                badge(parkReason === null ? status : 'PARKED'),
                h('span', { class: 'why' }, parkReason ?? failCode ?? failedWith),
              ],
            },
            { title: 'Since', cell: ({ since }) => agedMoment(since) },
            { title: 'Times tried', isNumber: true, cell: ({ tries }) => countText(tries) },
            { title: 'Next try', cell: ({ nextTryAt }) => moment(nextTryAt) },
          ],
        }),
        paging(['account-links'], place, next),
      ],
    };
  },
};

/** One link with its failures; retry and resolve. */
export const accountLinkView: View = {
  look: async (desk, { part = '' }) => {
    const found = await ask<Sheet>('account-links.show', { link: part });
    const fixed = { link: part };
    const parked = found['parkReason'] === null ? 'it does not wait for a person' : undefined;
    return {
      title: `Account link ${part}`,
      body: [
        h('p', {}, h('a', { href: '#/account-links' }, 'All account links')),
        h(
          'div',
          { class: 'actions' },
          actionButton(desk, 'account-links.retry', 'Try again', {
            fixed,
            unless: found['failedWith'] === null ? 'nothing has failed of it' : undefined,
          }),
          actionButton(desk, 'account-links.resolve', 'Say what became of it', { fixed, isGrave: true, unless: parked }),
        ),
        sheet(found, { level: 2 }),
      ],
    };
  },
};
