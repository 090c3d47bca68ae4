// Enters: what the bank calls back with, signed. Leaves: the same record that asking would make, at once.
import { z } from 'zod';
import { defineOpenRoute } from '../../src/api/apiRoute.ts';
import { signatureHeaders, verifySignature } from '../../src/api/signature.ts';
import { Problem } from '../../src/http/problem.ts';
import { bankReason } from '../shared/bankReason.ts';
import type { CallbackStore } from './callbackStore.ts';

export interface CallbackPorts {
  readonly callbacks: CallbackStore;
  /** All that are active; none where webhooks are not taken. */
  readonly bankSecrets: () => readonly string[];
}

const body = z
  .strictObject({
    eventId: z.string().min(1).max(200).meta({ description: 'The same however often the event is sent.' }),
    key: z.string().min(1).max(200).meta({ description: 'The Idempotency-Key of the transfer.' }),
    status: z.enum(['DONE', 'REFUSED']).meta({ description: 'What became of the transfer.' }),
    reason: bankReason.optional().meta({ description: 'Why it was refused.' }),
  })
  .refine(({ status, reason }) => (status === 'REFUSED') === (reason !== undefined), {
    path: ['reason'],
    message: 'expected a reason for what was refused, and none for what was done',
  });

export const bankCallbackRoute = defineOpenRoute({
  method: 'POST',
  path: '/webhooks/bank',
  about: 'The bank tells what became of a transfer.',
  input: z.strictObject({ body }),
  headers: signatureHeaders,
  answers: {
    200: { about: 'It is recorded, or was before.', body: z.object({ result: z.string() }) },
    404: { about: 'There is no such transfer, or webhooks of the bank are not taken here.' },
  },
  verify: ({ bankSecrets }: CallbackPorts, request) => {
    const secrets = bankSecrets();
    if (secrets.length === 0) throw new Problem(404, 'webhooks of the bank are not taken here');
    verifySignature(request, secrets);
  },
  answer: async ({ callbacks }, { input: { body: event } }) => {
    const { eventId, key, status, reason = '' } = event;
    const result = await callbacks.take({ eventId, key, word: status === 'DONE' ? { kind: 'done' } : { kind: 'refused', reason } });
    if (result === 'unknownCall') throw new Problem(404, 'there is no transfer with this key');
    return { status: 200, body: { result } };
  },
});
