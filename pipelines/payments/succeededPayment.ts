import { z } from 'zod';
import { identifierText } from '../shared/identifierText.ts';
import { largestAmountMinor } from '../shared/money.ts';
import { readVersioned } from '../shared/versioned.ts';

/** The topic of payments that have completed their order; its name is known to other programs. The key is the order's id. */
export const succeededTopic = {
  name: 'payment.succeeded',
  deadLetters: 'payment.succeeded.dlt',
  partitions: 3,
  maxSizeBytes: 65_536,
} as const;

/** Version of the message that is written, and the newest that is read. */
export const succeededPaymentVersion = 1;

/** A payment that has completed its order. It names what it is about; whom to tell is read by whoever tells, just before. */
export interface SucceededPayment {
  readonly paymentId: bigint;
  readonly orderId: bigint;
  readonly amountMinor: bigint;
  readonly completedAt: Date;
  /** Products whose stock fell to their threshold or below with this order. */
  readonly lowStock: readonly LowStock[];
}

export interface LowStock {
  readonly productId: bigint;
  readonly stock: bigint;
  readonly threshold: bigint;
}

/** The id of the event: the same however often the settlement is repeated, since a payment succeeds once. */
export function eventIdOf({ paymentId }: Pick<SucceededPayment, 'paymentId'>): string {
  return `payment.succeeded:${paymentId}`;
}

const whole = z
  .string()
  .regex(/^(0|[1-9]\d{0,18})$/, 'expected a whole number as decimal text')
  .transform(BigInt);

const versionOne = z.strictObject({
  version: z.literal(1),
  paymentId: identifierText,
  orderId: identifierText,
  amountMinor: whole.refine((value) => value > 0n && value <= largestAmountMinor, 'not an amount that is believed'),
  completedAt: z.iso.datetime().transform((text) => new Date(text)),
  lowStock: z.array(z.strictObject({ productId: identifierText, stock: whole, threshold: whole })),
});

const versions = { newest: succeededPaymentVersion, schema: versionOne, name: "A payment's message", expected: "a payment's message" };

/** The message of a payment as UTF-8 JSON of the newest version. */
export function encodeSucceededPayment({ paymentId, orderId, amountMinor, completedAt, lowStock }: SucceededPayment): Uint8Array {
  const message = {
    version: succeededPaymentVersion,
    paymentId: paymentId.toString(),
    orderId: orderId.toString(),
    amountMinor: amountMinor.toString(),
    completedAt: completedAt.toISOString(),
    lowStock: lowStock.map(({ productId, stock, threshold }) => ({
      productId: productId.toString(),
      stock: stock.toString(),
      threshold: threshold.toString(),
    })),
  };
  return Buffer.from(JSON.stringify(message));
}

/** Reads a message that was parsed as JSON. `newerVersion` for one that a newer Weir wrote, `undecodable` for any other shape. */
export const succeededPaymentSchema = {
  parse(input: unknown): SucceededPayment {
    const { paymentId, orderId, amountMinor, completedAt, lowStock } = readVersioned(versions, input);
    return { paymentId, orderId, amountMinor, completedAt, lowStock };
  },
};
