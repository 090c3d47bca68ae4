import type { Gate } from '../../operators/gate.ts';
import { unlessShut } from '../../operators/unlessShut.ts';
import type { Chat } from '../../src/connectors/chat.ts';
import type { Address, Mailer } from '../../src/connectors/mailer.ts';
import { kindOf, textOf, WeirError } from '../../src/errors.ts';
import { decryptField } from '../../src/message/encryption.ts';
import { defer, type Answer } from '../../src/message/decision.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { buyerEmailField } from './buyerKeyStore.ts';
import { composeConfirmationMail } from './confirmationMail.ts';
import { claimOf, sent, untried, type DueNotice, type NoticeVerdict } from './dueNotice.ts';
import type { Channel, NoticeContent } from './notice.ts';
import { lowStockText, saleText } from './noticeText.ts';

/** A channel behind its breaker. `send` resolves with what the other side answered, once it has taken the notice. */
export interface NoticeSender {
  readonly send: (content: NoticeContent, signal: AbortSignal) => Promise<string>;
  readonly gate: Gate;
}

/** The channels that are set up. */
export type NoticeSenders = Readonly<Partial<Record<Channel, NoticeSender>>>;

/** What mails need. */
export interface NoticeMailPorts {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly keyRing: KeyRing;
  readonly sender: Address;
}

/**
 * Makes the effect that sends a claimed notice by its channel. While its breaker is shut the notice goes back untried: the next run
 * takes it, and a run that waited for one channel would keep what comes meanwhile for the other. Errors are those of the channel.
 */
export function sendNotice(senders: NoticeSenders): (notice: DueNotice, signal: AbortSignal) => Promise<NoticeVerdict> {
  return async function send(notice, signal) {
    const sender = senders[notice.channel];
    const { content } = claimOf(notice);
    const response = await unlessShut(sender?.gate, signal, async () => sender?.send(content, signal));
    return response === undefined ? untried(notice) : sent(notice, response);
  };
}

/** Claims the notices whose channel is there; the others wait, unclaimed, for the next run. */
export function claimWhereOpen(
  senders: NoticeSenders,
  claim: (notices: readonly DueNotice[]) => Promise<readonly Answer<DueNotice>[]>,
): (notices: readonly DueNotice[]) => Promise<readonly Answer<DueNotice>[]> {
  return async (notices) => {
    const open = notices.filter(({ channel }) => senders[channel]?.gate.isOpen());
    const answers = open.length === 0 ? [] : await claim(open);
    const byNotice = new Map(open.map((notice, at) => [notice, answers[at]]));
    return notices.map((notice) => byNotice.get(notice) ?? defer('its channel is away'));
  };
}

/**
 * Sends by mail: opens the buyer's address, composes, sends. Only here, for the length of a call, is it in the clear. Errors are the
 * mailer's; `decryption` when the address does not open, `keyMissing` while this process has not its key, `defect` (permanent: it can
 * be sent again once that is mended) for a mistake in composing: nothing was sent then.
 */
export function mailNotice({ mailer, keyRing, sender }: NoticeMailPorts): NoticeSender['send'] {
  return async (content, signal) => {
    const mail = made(() => {
      if (content.kind !== 'CONFIRMATION') throw new TypeError(`${content.kind} is no mail`);
      const address = decryptField(keyRing, content.sale.orderId.toString(), buyerEmailField, content.encryptedEmail);
      return composeConfirmationMail(content.sale, address, sender);
    });
    return (await mailer.send(mail, signal)).response;
  };
}

/** Posts to the chat; the chat answers nothing worth keeping. Errors are the chat's, and `defect` as above. */
export function postNotice(chat: Pick<Chat, 'post'>): NoticeSender['send'] {
  return async (content, signal) => {
    const text = made(() => {
      if (content.kind === 'CONFIRMATION') throw new TypeError('a confirmation is no post');
      return content.kind === 'SALE' ? saleText(content.sale) : lowStockText(content.product, content.lowStock);
    });
    await chat.post(text, signal);
    return '';
  };
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (kindOf(error) !== 'defect') throw error;
    throw new WeirError('defect', `A notice could not be made: ${textOf(error)}.`, { cause: error, kind: 'permanent' });
  }
}
