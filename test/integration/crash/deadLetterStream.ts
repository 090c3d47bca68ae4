import { Redis } from 'ioredis';
import { deadLettersGroup, emailDeadLetters } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import type { Queryable } from '../../../src/connectors/database.ts';

/** The dead letters of bills, and what the fail log made of them. */
export interface LoggedDeadLetters {
  /** Entries of the stream. */
  readonly letters: number;
  /** Entries that the group has not been given, or has not acknowledged. */
  readonly unsettled: number;
  /** What must never be, when all is settled: a letter without its row, a row without its letter, a refused bill without either. */
  readonly flaws: readonly string[];
}

/** Compares the stream of dead letters with the fail log; both are read anew. */
export async function loggedDeadLetters(database: Queryable, redisUrl: string | undefined): Promise<LoggedDeadLetters> {
  const client = new Redis(redisUrl ?? '', { lazyConnect: true, retryStrategy: null, commandTimeout: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const entries = await client.xrange(emailDeadLetters.name, '-', '+');
    const groups = entries.length === 0 ? [] : ((await client.xinfo('GROUPS', emailDeadLetters.name)) as unknown[][]);
    const group = groups.find((fields) => fields.includes(deadLettersGroup)) ?? ['pending', 0, 'lag', entries.length];
    const field = (name: string): number => Number(group[group.indexOf(name) + 1]);
    return {
      letters: entries.length,
      unsettled: field('pending') + field('lag'),
      flaws: await flawsOf(
        database,
        entries.map(([, fields]) => originOf(fields)),
      ),
    };
  } finally {
    client.disconnect();
  }
}

function originOf(fields: readonly string[]): string {
  const headers = JSON.parse(fields[fields.indexOf('headers') + 1] ?? '{}') as Record<string, string>;
  return `${headers['weir-partition']} ${headers['weir-position']}`;
}

async function flawsOf(database: Queryable, origins: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ origin: string | null }>('SELECT origin FROM billing.email_fail_log');
  const logged = rows.map(({ origin }) => origin ?? 'none');
  const unlogged = await database.query<{ id: bigint }>(`
    SELECT id FROM billing.billing_p AS bill WHERE send_status = 'FAILED'
      AND NOT EXISTS (SELECT FROM billing.email_fail_log WHERE billing_id = bill.id AND origin IS NOT NULL AND attempt_id IS NOT NULL)`);
  return [
    ...origins.filter((origin, at) => origins.indexOf(origin) !== at).map((origin) => `put aside twice: ${origin}`),
    ...origins.filter((origin) => !logged.includes(origin)).map((origin) => `not logged: ${origin}`),
    ...logged.filter((origin) => !origins.includes(origin)).map((origin) => `logged, and no dead letter: ${origin}`),
    ...unlogged.map(({ id }) => `refused, and its row lacks its dead letter: ${id}`),
  ];
}
