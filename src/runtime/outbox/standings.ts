import type { Queryable } from '../../connectors/database.ts';
import { requireSchemaName } from './outbox.ts';

/** How an outbox stands. */
export interface OutboxStanding {
  readonly outbox: string;
  /** Messages that wait to be published, their time having come; counted up to `mostCounted`. */
  readonly messages: number;
  /** Since the oldest of them was inserted, or its time came; 0 when there is none. */
  readonly oldestSeconds: number;
}

/** Whoever asks does so every few seconds, also of an outbox that nobody has published for a day. */
const mostCounted = 100_000;

/** How the outboxes of these schemas stand, those messages included that no topic is declared for any more. By the database's clock. */
export async function outboxStandings(database: Queryable, schemas: readonly string[]): Promise<readonly OutboxStanding[]> {
  if (schemas.length === 0) return [];
  for (const schema of schemas) requireSchemaName(schema);
  const rows = await database.query<{ outbox: string; messages: bigint; seconds: number }>({
    text: schemas.map(standingOf).join(' UNION ALL '),
    values: [mostCounted],
  });
  return rows.map(({ outbox, messages, seconds }) => ({ outbox, messages: Number(messages), oldestSeconds: seconds }));
}

const standingOf = (schema: string): string => `
  SELECT '${schema}' AS outbox, (SELECT count(*) FROM (SELECT FROM ${schema}.outbox WHERE not_before <= clock_timestamp() LIMIT $1::bigint) AS counted) AS messages,
    coalesce((
      SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(greatest(created_at, not_before))))
      FROM (SELECT created_at, not_before FROM ${schema}.outbox WHERE not_before <= clock_timestamp() LIMIT $1::bigint) AS counted
    ), 0)::double precision AS seconds`;
