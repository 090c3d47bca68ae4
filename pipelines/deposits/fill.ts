import { z } from 'zod';
import { identifierText } from '../shared/identifierText.ts';
import { largestAmountMinor } from '../shared/money.ts';
import { markets, settlementDay, tradeDay, type Market } from '../shared/market.ts';

const fillId = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'expected 1 to 64 visible characters of ASCII');

/** What a fill does to the deposit, in minor units as decimal text: below zero for a purchase, above for a sale. */
const amountMinor = z
  .string()
  .regex(/^-?[1-9]\d{0,15}$/, 'expected an amount in minor units as decimal text, below zero for a purchase, never zero')
  .transform(BigInt)
  .refine((amount) => amount <= largestAmountMinor && amount >= -largestAmountMinor, 'is larger than any that is believed');

/** A trade that was executed on an exchange. */
const filled = z.object({
  type: z.literal('FILLED'),
  fillId,
  userId: identifierText,
  market: z.enum(markets),
  amountMinor,
  executedAt: z.iso.datetime({ offset: true, error: 'expected an instant as 2026-11-20T15:30:00Z' }).transform((text) => new Date(text)),
});

/** An exchange has taken a fill back. It may come before its fill. */
const cancelled = z.object({ type: z.literal('CANCELLED'), fillId, userId: identifierText });

/** What exchanges' programs write on `trades:filled`, as JSON. */
export const tradeSchema = z.discriminatedUnion('type', [filled, cancelled]);

export type Trade = z.infer<typeof tradeSchema>;

/** A fill as it goes into the ledger. */
export interface Fill {
  readonly kind: 'fill';
  readonly fillId: string;
  readonly userId: bigint;
  readonly amountMinor: bigint;
  readonly market: Market;
  /** The date at the exchange. */
  readonly tradeDay: string;
  /** The second day after it on which the exchange and Korea are open. */
  readonly dueOn: string;
}

export interface Cancellation {
  readonly kind: 'cancellation';
  readonly fillId: string;
  readonly userId: bigint;
}

/**
 * When a trade counts: on the second business day, whatever is done about it meanwhile. Throws where a calendar does not cover its days,
 * naming the file: such a fill is put aside, to be replayed once the calendar has the year.
 */
export function decideDueDay(trade: Trade): Fill | Cancellation {
  const { fillId: id, userId } = trade;
  if (trade.type === 'CANCELLED') return { kind: 'cancellation', fillId: id, userId };
  const day = tradeDay(trade.market, trade.executedAt);
  return {
    ...{ kind: 'fill', fillId: id, userId, amountMinor: trade.amountMinor, market: trade.market },
    ...{ tradeDay: day, dueOn: settlementDay(trade.market, day) },
  };
}
