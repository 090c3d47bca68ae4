import { expect, it } from 'vitest';
import { webhookBody } from '../../../pipelines/payments/webhook.ts';

it.each(['abc', '-1', '0', '1.5', '1e3', '', '99999999999999999'])(
  'refuses the amount %j of an event, and says what was expected',
  (amount) => {
    const event = { eventId: 'e', type: 'payment.succeeded', transactionKey: 'k', paymentNumber: 'p', amount };
    const expected = 'expected an amount in minor units as decimal text, above zero';
    expect(webhookBody.safeParse(event).error?.issues).toMatchObject([{ path: ['amount'], message: expected }]);
  },
);
