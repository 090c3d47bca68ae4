import { identifierText } from '../shared/identifiers.ts';
import { formatWon } from '../shared/money.ts';
import { oneLine } from '../shared/oneLine.ts';
import type { Sale } from './notice.ts';
import { methodName, quantityText } from './saleWords.ts';
import type { LowStock } from './succeededPayment.ts';

/** Products of a sale that are named; the others are counted. */
const mostNamed = 10;

/** What the chat is told of a sale: nothing of who bought. */
export function saleText({ orderId, amountMinor, method, items }: Sale): string {
  const named = items.slice(0, mostNamed).map(({ name, quantity }) => `• ${oneLine(name)} ${quantityText(quantity)}`);
  const others = items.length > mostNamed ? [`• 외 ${items.length - mostNamed}건`] : [];
  return [`결제 완료 ${formatWon(amountMinor)} (${methodName[method]}) 주문번호 ${identifierText(orderId)}`, ...named, ...others].join(
    '\n',
  );
}

/** What the chat is told of a product that runs out: its stock as it was when it fell to its threshold. */
export function lowStockText(product: string, { productId, stock, threshold }: LowStock): string {
  return `재고 부족 ${oneLine(product)} (상품번호 ${productId}) 남은 수량 ${quantityText(stock)}, 기준 ${quantityText(threshold)}`;
}
