import type { Mail } from '../../../src/connectors/mailer.ts';

/** A mail with defaults. */
export function aMail(changes: Partial<Mail> = {}): Mail {
  return {
    from: { name: 'Weir', address: 'bills@weir.example' },
    to: { name: '김철수', address: 'kim@customers.example' },
    subject: '11월 요금 청구서',
    text: '이번 달 청구 금액은 12,345원입니다.',
    html: '<p>이번 달 청구 금액은 <b>12,345원</b>입니다.</p>',
    messageId: '<bill-1@weir.example>',
    ...changes,
  };
}

/** A mail to this address. */
export function aMailTo(address: string): Mail {
  return aMail({ to: { name: '', address }, messageId: `<to-${address.replace('@', '-at-')}@weir.example>` });
}
