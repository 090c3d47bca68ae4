// What callers ask for and about. Enters: an order under an Idempotency-Key. Leaves: a request, its first call of the bank and the
// message of that call, in one transaction, once for each key.
import { z } from 'zod';
import { amountMinor } from '../../src/api/amountMinor.ts';
import { defineApiRoute } from '../../src/api/apiRoute.ts';
import { idempotencyHeader, onceRequestOf } from '../../src/api/idempotencyKey.ts';
import { Problem } from '../../src/http/problem.ts';
import { identifierText } from '../shared/identifierText.ts';
import { largestAmountMinor } from '../shared/money.ts';
import { accountNumber } from './accountNumber.ts';
import type { RequestSheet, RequestSheetStore } from './requestSheetStore.ts';
import { noSuchAccount, type RequestStore } from './requestStore.ts';

export interface RemittancePorts {
  readonly requests: RequestStore & RequestSheetStore;
}

const number = 'Number of the remittance.';

const order = z
  .strictObject({
    fromAccount: accountNumber.meta({ description: 'Account that pays, one of the caller.' }),
    toAccount: accountNumber.meta({ description: 'Account that is paid.' }),
    amountMinor: amountMinor({ max: largestAmountMinor, about: 'How much, in minor units.' }),
  })
  .refine(({ fromAccount, toAccount }) => fromAccount !== toAccount, {
    path: ['toAccount'],
    message: 'expected another account than fromAccount',
  });

export const remitRoute = defineApiRoute({
  method: 'POST',
  path: '/remittances',
  about: 'Moves money from the account of one business to that of another.',
  input: z.strictObject({ body: order }),
  headers: idempotencyHeader,
  answers: {
    202: {
      about: 'It is taken on, or was before under this key.',
      body: z.object({ number: z.string().meta({ description: number }), state: z.string() }),
    },
    404: { about: 'There is no such account, or the caller may not use it; fields tells which.' },
    409: { about: 'A request with this key is under way.' },
    422: { about: 'Another request was sent with this key.' },
  },
  answer: async ({ requests }: RemittancePorts, request) => {
    const { body } = request.input;
    if (!request.caller.mayUse(body.fromAccount)) throw noSuchAccount('fromAccount');
    return requests.accept(onceRequestOf(request, 'POST /remittances'), { caller: request.caller.name, ...body });
  },
});

export const remittanceRoute = defineApiRoute({
  method: 'GET',
  path: '/remittances/:number',
  about: 'How a remittance stands, and since when.',
  input: z.strictObject({ path: z.strictObject({ number: identifierText.meta({ description: number }) }) }),
  answers: {
    200: {
      about: 'The remittance.',
      body: z.object({
        number: z.string(),
        state: z.string(),
        fromAccount: z.string(),
        toAccount: z.string(),
        amountMinor: z.int(),
        failCode: z.string().optional().meta({ description: 'Why it failed, or goes back.' }),
        states: z
          .array(z.object({ state: z.string(), at: z.iso.datetime() }))
          .meta({ description: 'Every state that it has been in, in their order.' }),
      }),
    },
    404: { about: 'There is no such remittance, or the caller may not use the account that pays.' },
  },
  answer: async ({ requests }: RemittancePorts, { input, caller }) => {
    const sheet = await requests.find(input.path.number);
    if (sheet === undefined || !caller.mayUse(sheet.fromAccount)) throw new Problem(404, 'there is no remittance with this number');
    return { status: 200, body: shown(sheet) };
  },
});

function shown({ requestId, states, ...sheet }: RequestSheet) {
  return { number: requestId.toString(), ...sheet, states: states.map(({ state, at }) => ({ state, at: at.toISOString() })) };
}
