import { expect, test } from 'vitest';
import type { SendableBill } from '../../../pipelines/billing/delivery.ts';
import { sendBillMail } from '../../../pipelines/billing/sendBillMail.ts';
import type { Mail } from '../../../src/connectors/mailer.ts';
import { framesField } from '../../../src/errors.ts';
import { encryptField } from '../../../src/message/encryption.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

const keyRing = parseKeyRing(`k1:${Buffer.alloc(32, 1).toString('base64')}`);
const sender = { name: '위어텔레콤', address: 'billing@weir.example' };

function aSend(owner = '1001'): SendableBill {
  return {
    kind: 'send',
    bill: aDispatchedBill(),
    claimed: {
      token: 5n,
      attempt: 1,
      details: { discounts: [], totalDiscount: 0, finalAmount: 1_000 },
      lines: [],
      encryptedName: encryptField(keyRing, owner, 'name', '홍길동'),
      encryptedEmail: encryptField(keyRing, owner, 'email', 'gildong@example.com'),
    },
  };
}

function anInbox(): { readonly mails: Mail[]; readonly send: (mail: Mail, signal: AbortSignal) => Promise<{ response: string }> } {
  const mails: Mail[] = [];
  return {
    mails,
    send(mail) {
      mails.push(mail);
      return Promise.resolve({ response: '250 queued as 7' });
    },
  };
}

test('a claimed bill is opened, composed and sent under its token', async () => {
  const mailer = anInbox();
  const verdict = await sendBillMail({ mailer, keyRing, sender })(aSend(), AbortSignal.any([]));
  expect(verdict).toEqual({ kind: 'sent', bill: aDispatchedBill(), token: 5n, response: '250 queued as 7' });
  expect(mailer.mails).toMatchObject([
    { to: { name: '홍길동', address: 'gildong@example.com' }, messageId: '<bill.77.202611@weir.example>' },
  ]);
});

test('personal data of another member does not open, and nothing is sent', async () => {
  const mailer = anInbox();
  await expect(sendBillMail({ mailer, keyRing, sender })(aSend('1002'), AbortSignal.any([]))).rejects.toMatchObject({ code: 'decryption' });
  expect(mailer.mails).toEqual([]);
});

test('a bill whose details are damaged is refused, and nothing is sent', async () => {
  const mailer = anInbox();
  const send = aSend();
  const damaged = { ...send, claimed: send.claimed && { ...send.claimed, details: { finalAmount: 1_000 } } };
  await expect(sendBillMail({ mailer, keyRing, sender })(damaged, AbortSignal.any([]))).rejects.toMatchObject({ code: 'undecodable' });
  expect(mailer.mails).toEqual([]);
});

test('a bill that was not claimed is not sent', async () => {
  const mailer = anInbox();
  await expect(sendBillMail({ mailer, keyRing, sender })({ ...aSend(), claimed: undefined }, AbortSignal.any([]))).rejects.toMatchObject({
    code: 'defect',
  });
  expect(mailer.mails).toEqual([]);
});

test('a mistake in composing fails the bill, since nothing was sent, and says where it was made', async () => {
  const mailer = anInbox();
  const send = aSend();
  const lines = [
    {
      amountMinor: 1n,
      get label(): string {
        throw new TypeError('canary');
      },
    },
  ];
  const wrong = { ...send, claimed: send.claimed && { ...send.claimed, lines } };
  const error: unknown = await sendBillMail({ mailer, keyRing, sender })(wrong, AbortSignal.any([])).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'defect', kind: 'permanent', message: expect.not.stringContaining('canary') as string });
  expect(framesField(error).frames).toContain('sendBillMail.test.ts');
  expect(mailer.mails).toEqual([]);
});
