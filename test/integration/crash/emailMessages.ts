import { Redis } from 'ioredis';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';

/** What Redis says about the stream of bills, asked on a connection of its own. */
export interface EmailStream {
  /** The bills that its messages name, in their order. */
  readonly billIds: readonly string[];
  /** Messages that the group has not been given, or has not acknowledged. */
  readonly unsettled: number;
}

/** Reads the whole stream. */
export async function readEmailStream(redisUrl: string | undefined): Promise<EmailStream> {
  const client = new Redis(redisUrl ?? '', { lazyConnect: true, retryStrategy: null, commandTimeout: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const entries = await client.xrange(emailTopic.name, '-', '+');
    const groups = entries.length === 0 ? [] : ((await client.xinfo('GROUPS', emailTopic.name)) as unknown[][]);
    const group = groups.find((fields) => fields.includes(deliverGroup)) ?? ['pending', 0, 'lag', entries.length];
    const field = (name: string): number => Number(group[group.indexOf(name) + 1]);
    return {
      billIds: entries.flatMap(([, fields]) => billIdOf(fields[fields.indexOf('value') + 1] ?? '')),
      unsettled: field('pending') + field('lag'),
    };
  } finally {
    client.disconnect();
  }
}

/** None for a message that is not a bill's. */
function billIdOf(value: string): string | readonly string[] {
  try {
    return (JSON.parse(value) as { billId?: string }).billId ?? [];
  } catch {
    return [];
  }
}
