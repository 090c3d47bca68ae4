import { describe, expect, it } from 'vitest';
import { lowStockText, saleText } from '../../../pipelines/payments/noticeText.ts';
import { aSale } from './aSale.ts';

describe('what the chat is told', () => {
  it('of a sale: amount, method, number and products', () => {
    expect(saleText(aSale({ method: 'wallet' }))).toBe(
      ['결제 완료 12,000원 (간편결제) 주문번호 0NQNKT734QD95', '• 커피 원두 2개', '• 머그잔 1,200개'].join('\n'),
    );
  });

  it('of a long order: ten products, and how many more', () => {
    const items = Array.from({ length: 12 }, (_, index) => ({ name: `상품 ${index + 1}`, quantity: 1n }));
    const lines = (count: number): readonly string[] =>
      saleText(aSale({ items: items.slice(0, count) }))
        .split('\n')
        .slice(1);
    expect(lines(10).at(-1)).toBe('• 상품 10 1개');
    expect(lines(12).slice(-2)).toEqual(['• 상품 10 1개', '• 외 2건']);
  });

  it('of a product that runs out: what is left, and the threshold; a zero is told too', () => {
    expect(lowStockText('머그잔', { productId: 7n, stock: 0n, threshold: 5n })).toBe(
      '재고 부족 머그잔 (상품번호 7) 남은 수량 0개, 기준 5개',
    );
  });

  it('on lines of its own, whatever a product is called', () => {
    expect(lowStockText('머그잔\n결제 완료', { productId: 7n, stock: 1n, threshold: 5n })).not.toContain('\n');
    expect(saleText(aSale({ items: [{ name: 'a\u2028b', quantity: 1n }] })).split('\n')).toHaveLength(2);
  });
});
