import { actionButton } from '../actionButton.ts';
import { ask, type Json, type Sheet } from '../api.ts';
import { badge } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { closer, openDialog } from '../dialog.ts';
import { h, type Child } from '../dom.ts';
import { mailFrame } from '../mailFrame.ts';
import { moment } from '../moment.ts';
import { refusalNotice } from '../notice.ts';
import { fact, sheet } from '../sheet.ts';
import { digitsText } from '../text.ts';

/** A member with bills, as `billing.find` answers. */
export interface MemberSheet {
  readonly publicInfoId: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly sendDay: number;
  readonly quietHours: string;
  readonly bills: readonly Bill[];
}

interface Bill {
  readonly bill: string;
  readonly billNumber: string;
  readonly month: string;
  readonly state: string;
  readonly status: string;
  readonly channel: string | null;
  readonly sendOn: string | null;
  readonly feeMinor: string;
  readonly nextAttemptAt: string | null;
  readonly parkReason: string | null;
  readonly failCode: string | null;
  readonly attempts: readonly Sheet[];
  readonly failures: readonly Sheet[];
  readonly messageId: string | null;
}

/** A member, every bill with its attempts and failures, and what can be done about each. */
export function memberSection(desk: Desk, member: MemberSheet): HTMLElement {
  const { publicInfoId, name, email, phone, sendDay, quietHours, bills } = member;
  return h(
    'section',
    { class: 'detail', 'data-key': publicInfoId },
    h('h2', {}, `Member ${publicInfoId}`),
    h(
      'dl',
      { class: 'facts' },
      fact('Name', name),
      fact('E-mail', email),
      fact('Phone', phone),
      fact('Bills are sent on day', String(sendDay)),
      fact('Quiet hours', quietHours),
    ),
    bills.length === 0 ? h('p', { class: 'empty' }, 'No bill yet.') : bills.map((bill, at) => billCard(desk, publicInfoId, bill, at === 0)),
  );
}

function billCard(desk: Desk, publicInfoId: string, bill: Bill, isLatest: boolean): HTMLElement {
  const { month, state, feeMinor, parkReason, failCode, attempts, failures } = bill;
  const fixed = { publicInfoId, month };
  return h(
    'details',
    { class: 'card', open: isLatest, 'data-key': bill.bill },
    h(
      'summary',
      {},
      h('strong', {}, month),
      badge(state),
      h('span', { class: 'number' }, `${digitsText(feeMinor)} won`),
      h('span', { class: 'quiet' }, parkReason ?? failCode ?? ''),
    ),
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'button', onclick: () => void preview(publicInfoId, month) }, 'Preview the mail'),
      actionButton(desk, 'billing.look', 'Look at it in the clear', { fixed, show: looked }),
      actionButton(desk, 'billing.send', 'Send now', { fixed }),
      actionButton(desk, 'billing.sms', 'Send as SMS', { fixed }),
      parkReason !== null &&
        actionButton(desk, 'billing.resolve', 'Decide', { fixed: { bills: bill.bill }, without: ['month', 'expected'] }),
    ),
    h(
      'dl',
      { class: 'facts' },
      fact('Bill', bill.bill),
      fact('Number in the mail', bill.billNumber),
      fact('Is sent on', bill.sendOn ?? '–'),
      fact('Next attempt', moment(bill.nextAttemptAt)),
      fact('Sent by', bill.channel ?? '–'),
      fact('Message-ID', bill.messageId ?? '–'),
    ),
    h('h3', {}, 'Attempts'),
    attempts.length === 0 ? h('p', { class: 'empty' }, 'None. It was not sent yet.') : sheet(attempts),
    failures.length > 0 && [h('h3', {}, 'Failures'), sheet(failures)],
  );
}

interface Mail {
  readonly subject: string;
  readonly to: string;
  readonly html: string;
  readonly text: string;
}

async function preview(publicInfoId: string, month: string): Promise<void> {
  const body = h('div', { role: 'status' }, 'Making the mail…');
  openDialog(`The mail of ${month}`, [body, h('div', { class: 'buttons' }, closer())], { isWide: true });
  try {
    body.replaceChildren(mailOf(await ask<Mail>('billing.preview', { publicInfoId, month })));
  } catch (error) {
    body.replaceChildren(refusalNotice(error));
  }
}

function mailOf({ subject, to, html }: Mail): HTMLElement {
  return h('div', { class: 'mail' }, h('dl', { class: 'facts tight' }, fact('To', to), fact('Subject', subject)), mailFrame(html));
}

/** The answer of a look: the member in the clear, and the mail as it was sent. */
function looked(answer: Json): Child {
  const { name, email, phone, bill, ...mail } = answer as unknown as Mail & Readonly<Record<'name' | 'email' | 'phone' | 'bill', string>>;
  return [
    h('dl', { class: 'facts tight' }, fact('Name', name), fact('E-mail', email), fact('Phone', phone), fact('Bill', bill)),
    mailOf(mail),
  ];
}
