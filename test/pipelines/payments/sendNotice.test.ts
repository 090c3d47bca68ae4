import { describe, expect, it } from 'vitest';
import { buyerEmailField } from '../../../pipelines/payments/buyerKeyStore.ts';
import type { DueNotice } from '../../../pipelines/payments/dueNotice.ts';
import type { NoticeContent } from '../../../pipelines/payments/notice.ts';
import { claimWhereOpen, mailNotice, postNotice, sendNotice, type NoticeSender } from '../../../pipelines/payments/sendNotice.ts';
import type { Mail } from '../../../src/connectors/mailer.ts';
import { WeirError } from '../../../src/errors.ts';
import { Decision, skip } from '../../../src/message/decision.ts';
import { encryptField } from '../../../src/message/encryption.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { aGate } from '../../support/aGate.ts';
import { aSale } from './aSale.ts';

const keyRing = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
const never = new AbortController().signal;
const sale = aSale();
const confirmation: NoticeContent = { kind: 'CONFIRMATION', sale, encryptedEmail: sealed(sale.orderId) };
const news: NoticeContent = { kind: 'SALE', sale };

function sealed(orderId: bigint): string {
  return encryptField(keyRing, orderId.toString(), buyerEmailField, 'buyer@example.com');
}

function due(channel: DueNotice['channel'], content: NoticeContent | undefined, noticeId = 1n): DueNotice {
  return { noticeId, channel, claimed: content && { token: 9n, content } };
}

function aMailer(mails: Mail[]): NoticeSender['send'] {
  const mailer = { send: (mail: Mail) => Promise.resolve({ response: `250 ${mails.push(mail)}` }) };
  return mailNotice({ mailer, keyRing, sender: { name: 'Weir', address: 'pay@weir.example' } });
}

describe('a notice that is sent', () => {
  it('by mail goes to the address of its order, and its verdict keeps the reply', async () => {
    const mails: Mail[] = [];
    const gate = aGate();
    const verdict = await sendNotice({ mail: { send: aMailer(mails), gate } })(due('mail', confirmation), never);
    expect(verdict).toEqual({ noticeId: 1n, token: 9n, kind: 'sent', response: '250 1' });
    expect(mails).toMatchObject([{ to: { address: 'buyer@example.com' }, messageId: '<payment.100001@weir.example>' }]);
    expect([gate.told, gate.inside.size]).toEqual([['answered'], 0]);
  });

  it('by chat is the news that it is made of', async () => {
    const posts: string[] = [];
    const send = postNotice({ post: (text) => Promise.resolve(void posts.push(text)) });
    const lowStock: NoticeContent = { kind: 'LOW_STOCK', product: '머그잔', lowStock: { productId: 1n, stock: 2n, threshold: 5n } };
    const senders = { chat: { send, gate: aGate() } };
    for (const content of [news, lowStock]) expect(await sendNotice(senders)(due('chat', content), never)).toMatchObject({ kind: 'sent' });
    expect(posts.map((text) => text.slice(0, 5))).toEqual(['결제 완료', '재고 부족']);
  });

  it('is not opened for another order', async () => {
    const mails: Mail[] = [];
    const stolen: NoticeContent = { ...confirmation, encryptedEmail: sealed(1n) };
    await expect(aMailer(mails)(stolen, never)).rejects.toMatchObject({ code: 'decryption', kind: 'permanent' });
    expect(mails).toEqual([]);
  });

  it('fails for good by a mistake in making it, without a run that fails', async () => {
    const mails: Mail[] = [];
    await expect(aMailer(mails)(news, never)).rejects.toMatchObject({ code: 'defect', kind: 'permanent' });
    const post = postNotice({ post: () => Promise.reject(new Error('never called')) });
    await expect(post(confirmation, never)).rejects.toMatchObject({ code: 'defect', kind: 'permanent' });
    expect(mails).toEqual([]);
  });

  it('goes back untried while its breaker is shut, or where its channel is not set up', async () => {
    const mails: Mail[] = [];
    const shut = { mail: { send: aMailer(mails), gate: aGate({ isOpen: false }) } };
    for (const senders of [shut, {}]) {
      expect(await sendNotice(senders)(due('mail', confirmation), never)).toEqual({ noticeId: 1n, token: 9n, kind: 'untried' });
    }
    expect(mails).toEqual([]);
  });

  it('tells its breaker of a failure, and passes it on', async () => {
    const gate = aGate();
    const send = (): Promise<string> => Promise.reject(new WeirError('unavailable', 'away'));
    await expect(sendNotice({ chat: { send, gate } })(due('chat', news), never)).rejects.toMatchObject({ code: 'unavailable' });
    expect([gate.told, gate.inside.size]).toEqual([['failed'], 0]);
  });

  it('has no business with its channel unclaimed', async () => {
    await expect(sendNotice({})(due('chat', undefined), never)).rejects.toMatchObject({ code: 'defect' });
  });
});

describe('notices are claimed', () => {
  it('where their channel is there, each with its own answer, and wait otherwise', async () => {
    const asked: bigint[] = [];
    const claim = claimWhereOpen(
      { mail: { send: aMailer([]), gate: aGate() }, chat: { send: aMailer([]), gate: aGate({ isOpen: false }) } },
      (notices) => {
        asked.push(...notices.map(({ noticeId }) => noticeId));
        return Promise.resolve(notices.map((notice) => (notice.noticeId === 3n ? skip('taken') : { ...notice, claimed: undefined })));
      },
    );
    const answers = await claim([due('chat', undefined, 1n), due('mail', undefined, 2n), due('mail', undefined, 3n)]);
    expect(asked).toEqual([2n, 3n]);
    expect(answers.map((answer) => (Decision.is(answer) ? answer.outcome : answer.noticeId))).toEqual(['deferred', 2n, 'skipped']);
  });

  it('not at all where every channel is away', async () => {
    const claim = claimWhereOpen({}, () => Promise.reject(new Error('never called')));
    expect(await claim([due('mail', undefined)])).toHaveLength(1);
  });
});
