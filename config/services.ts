import { z } from 'zod';
import { address } from './address.ts';
import { option } from './option.ts';

/** Where a service is that calls back: `about` says what it is asked for, `name` what it is. */
const service = (name: string, about: string) =>
  z
    .strictObject({
      url: option(z.union([z.literal(''), address(/^https?:\/\//, 'expected https://host/path')]).default(''), { about }),
      token: option(z.string().default(''), { about: `Bearer token of ${name}.`, isSecret: true }),
      webhookSecrets: option(
        z
          .string()
          .regex(/^(|[^,\s]{16,}(,[^,\s]{16,})*)$/, 'expected secrets of 16 characters or more, comma between')
          .default(''),
        {
          about: `Secrets with which ${name} signs its webhooks, comma between: all are active. Empty: none are taken.`,
          isSecret: true,
        },
      ),
    })
    .prefault({});

/** Where a payment gateway is. */
const gateway = (method: string) =>
  service(
    `the gateway of payments by ${method}`,
    `Where payments by ${method} are asked about and given back. Empty: nowhere, and they wait.`,
  );

/** Options of those who are asked over HTTP. */
export const serviceOptions = {
  sms: z
    .strictObject({
      url: option(z.union([z.literal(''), address(/^https?:\/\//, 'expected https://host/path')]).default(''), {
        about: 'Where operators have failed bills sent as SMS: messages are posted to <url>/messages. Empty: nowhere.',
      }),
      token: option(z.string().default(''), { about: 'Bearer token of the SMS endpoint.', isSecret: true }),
    })
    .prefault({}),
  chat: z
    .strictObject({
      url: option(
        z
          .union([z.literal(''), address(/^https?:\/\/[^/?#]+\/[^?#]+$/, 'expected https://host/path of a hook, without query')])
          .default(''),
        {
          about:
            'Incoming webhook of the channel where people read of sales and of what needs them. Its path is its secret. Empty: nobody is told there.',
          isSecret: true,
        },
      ),
    })
    .prefault({}),
  gateways: z.strictObject({ card: gateway('card'), transfer: gateway('transfer'), wallet: gateway('wallet') }).prefault({}),
  bank: service('the bank', 'Where the bank is asked to move money and to register partner accounts. Empty: nowhere, and both wait.'),
};
