// Enters: what gateways call back with, signed. Leaves: the same settlement that a reconciliation would make, at once.
import { z } from 'zod';
import { defineOpenRoute } from '../../src/api/apiRoute.ts';
import { signatureHeaders, verifySignature } from '../../src/api/signature.ts';
import { Problem } from '../../src/http/problem.ts';
import { methods, type Method } from './payment.ts';
import { eventOf, webhookBody } from './webhook.ts';
import type { WebhookStore } from './webhookStore.ts';

export interface WebhookPorts {
  readonly webhooks: WebhookStore;
  /** All that are active, of a gateway; none where its webhooks are not taken. */
  readonly webhookSecrets: (gateway: Method) => readonly string[];
}

export const webhookRoute = defineOpenRoute({
  method: 'POST',
  path: '/webhooks/payments/:gateway',
  about: 'A gateway tells what became of a payment.',
  input: z.strictObject({
    path: z.strictObject({ gateway: z.enum(methods).meta({ description: 'Whose event it is.' }) }),
    body: webhookBody,
  }),
  headers: signatureHeaders,
  answers: {
    200: { about: 'It is done, or was before.', body: z.object({ result: z.string() }) },
    404: { about: 'There is no such payment, or no such gateway.' },
  },
  verify: ({ webhookSecrets }: WebhookPorts, request) => {
    const gateway = methods.find((method) => method === request.path['gateway']);
    const secrets = gateway === undefined ? [] : webhookSecrets(gateway);
    if (secrets.length === 0) throw new Problem(404, 'webhooks of this gateway are not taken here');
    verifySignature(request, secrets);
  },
  answer: async ({ webhooks }, { input: { path, body } }) => {
    const result = await webhooks.settleEvent(eventOf(path.gateway, body));
    if (result === 'unknownPayment') throw new Problem(404, 'there is no payment with this number at this gateway');
    return { status: 200, body: { result } };
  },
});
