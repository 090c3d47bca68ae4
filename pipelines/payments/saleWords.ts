import { groupThousands } from '../shared/money.ts';
import type { Method } from './payment.ts';

/** How people call the way in which somebody paid. */
export const methodName: Readonly<Record<Method, string>> = { card: '신용카드', transfer: '계좌이체', wallet: '간편결제' };

/** How many of a product: `1,200개`. */
export function quantityText(quantity: bigint): string {
  return `${groupThousands(quantity)}개`;
}
