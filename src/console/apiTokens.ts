import type { Queryable } from '../connectors/database.ts';
import { codeOf, WeirError } from '../errors.ts';
import { hashOf, isSecretOf, newSecret } from '../http/tokenSecret.ts';
import type { Role } from './route.ts';

/** Whoever bears a token. */
export interface Caller {
  /** Of the token. */
  readonly id: bigint;
  readonly name: string;
  readonly role: Role;
  /** When the token, or the session that stands for it, ends by itself. */
  readonly endsAt: Date | null;
}

/** A token as it is listed: nothing of its secret. */
export interface TokenRow {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** None: it is good until it is revoked. */
  readonly endsAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** Days that it is good for; until it is revoked where it is left out. */
  readonly days?: number | undefined;
  readonly at: Date;
  readonly by: string;
}

const bearer = /^Bearer weir_(\d{1,18})_([A-Za-z0-9_-]{43})$/;

/**
 * Makes a token and answers its text, the only time that anybody sees it. `alreadyCompleted` when the name was given before, to a
 * token that was revoked too.
 */
export async function createToken(transaction: Queryable, { name, role, days, at, by }: NewToken): Promise<string> {
  const secret = newSecret();
  try {
    const [row] = await transaction.query<{ id: bigint }>({
      text: `
        INSERT INTO weir.api_token (name, role, hash, created_at, created_by, ends_at)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6)) RETURNING id`,
      values: [name, role, hashOf(secret), at, by, days ?? null],
    });
    return `weir_${row?.id ?? 0n}_${secret}`;
  } catch (error) {
    if (codeOf(error) !== 'constraint') throw error;
    throw new WeirError('alreadyCompleted', `there is or was a token ${name}: a name is given once`, { cause: error });
  }
}

export function listTokens(database: Queryable): Promise<readonly TokenRow[]> {
  return database.query<TokenRow>(`
    SELECT name, role, created_at AS "createdAt", created_by AS "createdBy", ends_at AS "endsAt", revoked_at AS "revokedAt",
      revoked_by AS "revokedBy"
    FROM weir.api_token ORDER BY id`);
}

/** Revokes a token from its next request on. `notFound` when there is none with this name, or none that is still good. */
export async function revokeToken(transaction: Queryable, { name, at, by }: Pick<NewToken, 'name' | 'at' | 'by'>): Promise<void> {
  const hits = await transaction.execute({
    text: 'UPDATE weir.api_token SET revoked_at = $2, revoked_by = $3 WHERE name = $1 AND revoked_at IS NULL',
    values: [name, at, by],
  });
  if (hits === 0) throw new WeirError('notFound', `there is no token ${name} that could be revoked: weir tokens list shows them`);
}

/** Who bears the token of an `Authorization` header; undefined when it is none, not known, wrong, revoked, or has ended. */
export async function findCaller(database: Queryable, authorization: string | undefined): Promise<Caller | undefined> {
  const [, id, secret] = bearer.exec(authorization ?? '') ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const [row] = await database.query<Caller & { readonly hash: Buffer }>({
    name: 'weir-token-find',
    text: `
      SELECT id, name, role, hash, ends_at AS "endsAt" FROM weir.api_token
      WHERE id = $1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > clock_timestamp())`,
    values: [id],
  });
  const isRight = isSecretOf(secret, row?.hash);
  return row !== undefined && isRight ? { id: row.id, name: row.name, role: row.role, endsAt: row.endsAt } : undefined;
}
