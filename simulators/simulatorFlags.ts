import type { parseArgs } from 'node:util';
import type { HttpSimulatorOptions } from './httpSimulator.ts';
import type { WebhookOptions } from './webhooks.ts';

/** The flags that simulators of payments and banks take as programs; each has a port of its own. */
export const simulatorFlags = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  token: { type: 'string', default: 'simulator' },
  seed: { type: 'string', default: '1' },
  'latency-mean-ms': { type: 'string', default: '0' },
  'latency-sigma': { type: 'string', default: '0' },
  'webhook-url': { type: 'string' },
  'webhook-secret': { type: 'string' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof simulatorFlags }>>['values'];

/** The options that these flags are. */
export function simulatorOptions(flags: Flags): HttpSimulatorOptions & WebhookOptions & { readonly token: string } {
  return {
    host: flags.host,
    port: Number(flags.port),
    token: flags.token,
    seed: Number(flags.seed),
    latency: { meanMs: Number(flags['latency-mean-ms']), sigma: Number(flags['latency-sigma']) },
    ...(flags['webhook-url'] !== undefined && { webhookUrl: flags['webhook-url'] }),
    ...(flags['webhook-secret'] !== undefined && { webhookSecret: flags['webhook-secret'] }),
  };
}
