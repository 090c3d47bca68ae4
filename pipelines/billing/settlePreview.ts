import type { Bill } from './bill.ts';

const samples = 10;

/** What a settlement would write: counts, sums by kind of discount, the first bills. Amounts are text. Memory: ten bills. */
export interface SettlePreview {
  add(bills: readonly Bill[]): void;
  summary(): {
    readonly bills: number;
    readonly grossMinor: string;
    readonly feeMinor: string;
    readonly discountsMinor: Readonly<Record<string, string>>;
    readonly samples: readonly Readonly<Record<'publicInfoId' | 'sendOn' | 'grossMinor' | 'feeMinor', string>>[];
  };
}

/** Makes an empty preview. */
export function settlePreview(): SettlePreview {
  let count = 0;
  let grossMinor = 0n;
  let feeMinor = 0n;
  const discounts = new Map<string, bigint>();
  const first: Bill[] = [];
  return {
    add(bills) {
      for (const bill of bills) {
        count += 1;
        grossMinor += grossOf(bill);
        feeMinor += bill.feeMinor;
        for (const { type, amountMinor } of bill.details.discounts) {
          discounts.set(type, (discounts.get(type) ?? 0n) + amountMinor);
        }
        if (first.length < samples) first.push(bill);
      }
    },
    summary: () => ({
      bills: count,
      grossMinor: grossMinor.toString(),
      feeMinor: feeMinor.toString(),
      discountsMinor: Object.fromEntries([...discounts].map(([type, amountMinor]) => [type, amountMinor.toString()])),
      samples: first.map((bill) => ({
        publicInfoId: bill.publicInfoId.toString(),
        sendOn: bill.sendOn,
        grossMinor: grossOf(bill).toString(),
        feeMinor: bill.feeMinor.toString(),
      })),
    }),
  };
}

function grossOf({ feeMinor, details }: Bill): bigint {
  return feeMinor + details.totalDiscountMinor;
}
