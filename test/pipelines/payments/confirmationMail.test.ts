import { describe, expect, it } from 'vitest';
import { composeConfirmationMail } from '../../../pipelines/payments/confirmationMail.ts';
import { aSale } from './aSale.ts';

const sender = { name: '위어페이', address: 'pay@Weir.example' };

describe('a confirmation mail', () => {
  it('says in both of its parts what was bought, for how much, and under which number', () => {
    const mail = composeConfirmationMail(aSale(), 'buyer@example.com', sender);
    expect(mail).toMatchObject({
      from: sender,
      to: { name: '', address: 'buyer@example.com' },
      subject: '[위어페이] 결제가 완료되었습니다 12,000원',
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    for (const body of [mail.text, mail.html]) {
      for (const part of ['12,000', '신용카드', '커피 원두', '2개', '머그잔', '1,200개', '0NQNKT734QD95', '위어페이']) {
        expect(body).toContain(part);
      }
    }
  });

  it('has an id of its payment alone, the same however often it is composed', () => {
    const ids = [aSale(), aSale({ amountMinor: 1n, items: [] })].map(
      (sale) => composeConfirmationMail(sale, 'a@b.example', sender).messageId,
    );
    expect(ids).toEqual(['<payment.100001@weir.example>', '<payment.100001@weir.example>']);
  });

  it('takes no markup from the name of a product, and no lines from any name', () => {
    const sale = aSale({ items: [{ name: '<img src=x>\r\nBcc: all@example.com', quantity: 1n }] });
    const mail = composeConfirmationMail(sale, 'buyer@example.com', { ...sender, name: 'Weir\nX-Evil: 1' });
    expect(mail.html).toContain('&lt;img src');
    expect(mail.html).not.toContain('<img');
    expect(mail.text).toContain('<img src=x> Bcc: all@example.com  1개');
    expect(mail.subject).toBe('[Weir X-Evil: 1] 결제가 완료되었습니다 12,000원');
  });

  it('is whole for an order that has no items', () => {
    expect(composeConfirmationMail(aSale({ items: [] }), 'buyer@example.com', sender).text).toContain('주문 상품');
  });
});
