import { z } from 'zod';
import { decimalAmount, withDecimals } from '../decimalAmount.ts';
import { json, type HttpAnswer } from '../httpAnswer.ts';
import type { Asked } from '../httpSimulator.ts';
import type { Gateway } from '../gateway.ts';

const name = z.string().min(1);

const newCharge = z.strictObject({
  paymentNumber: name,
  transactionKey: name.optional(),
  amount: decimalAmount,
  status: z.enum(['APPROVED', 'DECLINED', 'PENDING']),
  settlesAfterMs: z.int().min(0).optional(),
});

const event = z.strictObject({
  paymentNumber: name,
  eventId: name.optional(),
  type: z.enum(['payment.succeeded', 'payment.failed']).optional(),
  amount: decimalAmount.optional(),
});

/** Answers `POST /charges`, `GET /record` and `POST /webhooks`: the same as the functions of a gateway, amounts as decimal text. */
export async function controlledGateway(
  { charge, record, sendWebhook }: Pick<Gateway, 'charge' | 'record' | 'sendWebhook'>,
  { method, path, body }: Asked,
): Promise<HttpAnswer | undefined> {
  switch (`${method} ${path}`) {
    case 'POST /charges':
      return json(withDecimals(charge(newCharge.parse(JSON.parse(body)))), 201);
    case 'GET /record':
      return json(withDecimals(record()));
    case 'POST /webhooks':
      await sendWebhook(event.parse(JSON.parse(body)));
      return json({});
    default:
      return undefined;
  }
}
