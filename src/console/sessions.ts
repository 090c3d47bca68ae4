import type { Queryable } from '../connectors/database.ts';
import { hashOf, newSecret } from '../http/tokenSecret.ts';
import type { Caller } from './apiTokens.ts';

/** How long a session lasts: a working day. */
const sessionHours = 12;

/** A session that has just been opened. */
export interface OpenedSession {
  readonly caller: Caller;
  /** The only time that anybody sees it. */
  readonly secret: string;
  readonly lastsSeconds: number;
}

/** Opens a session that stands for the caller's token, no longer than that is good; forgets those that have ended. */
export async function openSession(transaction: Queryable, caller: Caller): Promise<OpenedSession> {
  const secret = newSecret();
  await transaction.execute('DELETE FROM weir.console_session WHERE ends_at <= clock_timestamp()');
  const [row] = await transaction.query<{ endsAt: Date; lastsSeconds: number }>({
    text: `
      INSERT INTO weir.console_session (hash, token_id, ends_at)
      SELECT $1, id, least(clock_timestamp() + make_interval(hours => $3), ends_at) FROM weir.api_token WHERE id = $2
      RETURNING ends_at AS "endsAt", greatest(0, extract(epoch FROM ends_at - clock_timestamp()))::integer AS "lastsSeconds"`,
    values: [hashOf(secret), caller.id, sessionHours],
  });
  if (row === undefined) throw new TypeError('the token of a caller is gone');
  return { caller: { ...caller, endsAt: row.endsAt }, secret, lastsSeconds: row.lastsSeconds };
}

/** Whose session it is; undefined when it has ended, was closed, or its token is good no more. */
export async function findSession(database: Queryable, secret: string): Promise<Caller | undefined> {
  const [row] = await database.query<Caller>({
    name: 'weir-session-find',
    text: `
      SELECT token.id, token.name, token.role, session.ends_at AS "endsAt"
      FROM weir.console_session AS session JOIN weir.api_token AS token ON token.id = session.token_id
      WHERE session.hash = $1 AND session.ends_at > clock_timestamp() AND token.revoked_at IS NULL
        AND (token.ends_at IS NULL OR token.ends_at > clock_timestamp())`,
    values: [hashOf(secret)],
  });
  return row;
}

export async function closeSession(database: Queryable, secret: string): Promise<void> {
  await database.execute({ text: 'DELETE FROM weir.console_session WHERE hash = $1', values: [hashOf(secret)] });
}
