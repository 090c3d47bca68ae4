import { z } from 'zod';
import { largestAmountMinor } from '../shared/money.ts';
import type { GatewayAnswer, Method } from './payment.ts';

const text = z.string().min(1).max(200);

/** What a gateway calls back with. */
export const webhookBody = z.strictObject({
  eventId: text.meta({ description: 'The same however often the event is sent.' }),
  type: z.enum(['payment.succeeded', 'payment.failed']).meta({ description: 'What became of the charge.' }),
  transactionKey: text.meta({ description: "The gateway's name for the charge." }),
  paymentNumber: text.meta({ description: 'Ours.' }),
  amount: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, { error: 'expected an amount in minor units as decimal text, above zero', abort: true })
    .refine((digits) => BigInt(digits) <= largestAmountMinor, 'expected an amount that can be believed')
    .meta({ description: 'What was captured, or was to be, in minor units, as text.' }),
});

/** An event about a charge. */
export interface PaymentEvent {
  readonly gateway: Method;
  readonly eventId: string;
  readonly paymentNumber: string;
  readonly answer: GatewayAnswer;
}

/** What an event says about a charge. */
export function eventOf(
  gateway: Method,
  { eventId, type, transactionKey, paymentNumber, amount }: z.infer<typeof webhookBody>,
): PaymentEvent {
  const answer: GatewayAnswer =
    type === 'payment.succeeded' ? { kind: 'paid', transactionKey, amountMinor: BigInt(amount) } : { kind: 'failed', transactionKey };
  return { gateway, eventId, paymentNumber, answer };
}
