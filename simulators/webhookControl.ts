import { z } from 'zod';
import { json, type HttpAnswer, type Switches } from './httpAnswer.ts';
import { httpFaultRule, type HttpFaults } from './httpFaults.ts';
import type { Asked } from './httpSimulator.ts';
import { webhookFaultRule, type Webhooks } from './webhooks.ts';

const rule = z.union([httpFaultRule, webhookFaultRule]);

/** The switches of a server that posts webhooks: `POST /faults` takes faults of both. */
export function webhookSwitches(faults: HttpFaults, webhooks: Webhooks): Omit<Switches<z.infer<typeof rule>>, 'modes'> {
  return {
    rule,
    faults: {
      add: (fault) => (fault.phase === 'webhook' ? webhooks.faults.add(fault) : faults.add(fault)),
      clear() {
        faults.clear();
        webhooks.faults.clear();
      },
    },
  };
}

const target = z.strictObject({ url: z.url({ protocol: /^https?$/ }) });

/** Answers `POST /webhook-url {url}` (where events go from now on) and `GET /webhooks` (what was posted). */
export function controlledWebhooks(webhooks: Webhooks, { method, path, body }: Asked): HttpAnswer | undefined {
  if (method === 'GET' && path === '/webhooks') return json(webhooks.deliveries);
  if (method !== 'POST' || path !== '/webhook-url') return undefined;
  webhooks.sendTo(target.parse(JSON.parse(body)).url);
  return json({});
}
