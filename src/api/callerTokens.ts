import type { Queryable } from '../connectors/database.ts';
import { codeOf, WeirError } from '../errors.ts';
import { hashOf, isSecretOf, newSecret } from '../http/tokenSecret.ts';
import type { ApiCaller } from './apiCaller.ts';

/** A caller as it is listed: nothing of its secret. */
export interface ApiCallerRow {
  readonly name: string;
  readonly accounts: readonly string[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

export interface NewApiCaller {
  readonly name: string;
  /** Ids of the accounts that it may act on. */
  readonly accounts: readonly string[];
  readonly at: Date;
  readonly by: string;
}

const bearer = /^Bearer weirapi_(\d{1,18})_([A-Za-z0-9_-]{43})$/;

/** Makes a caller and answers its token, the only time that anybody sees it. `alreadyCompleted` when the name was given before. */
export async function createApiCaller(transaction: Queryable, { name, accounts, at, by }: NewApiCaller): Promise<string> {
  const secret = newSecret();
  try {
    const [row] = await transaction.query<{ id: bigint }>({
      text: 'INSERT INTO weir.api_caller (name, accounts, hash, created_at, created_by) VALUES ($1, $2, $3, $4, $5) RETURNING id',
      values: [name, accounts, hashOf(secret), at, by],
    });
    return `weirapi_${row?.id ?? 0n}_${secret}`;
  } catch (error) {
    if (codeOf(error) !== 'constraint') throw error;
    throw new WeirError('alreadyCompleted', `there is or was a caller ${name}: a name is given once`, { cause: error });
  }
}

export function listApiCallers(database: Queryable): Promise<readonly ApiCallerRow[]> {
  return database.query<ApiCallerRow>(`
    SELECT name, accounts, created_at AS "createdAt", created_by AS "createdBy", revoked_at AS "revokedAt", revoked_by AS "revokedBy"
    FROM weir.api_caller ORDER BY id`);
}

/** Revokes a caller's token from its next request on. `notFound` when there is none with this name, or none that is still good. */
export async function revokeApiCaller(transaction: Queryable, { name, at, by }: Omit<NewApiCaller, 'accounts'>): Promise<void> {
  const hits = await transaction.execute({
    text: 'UPDATE weir.api_caller SET revoked_at = $2, revoked_by = $3 WHERE name = $1 AND revoked_at IS NULL',
    values: [name, at, by],
  });
  if (hits === 0) throw new WeirError('notFound', `there is no caller ${name} that could be revoked: weir callers list shows them`);
}

/** Who bears the token of an `Authorization` header; undefined when it is none, not known, wrong, or revoked. */
export async function findApiCaller(database: Queryable, authorization: string | undefined): Promise<ApiCaller | undefined> {
  const [, id, secret] = bearer.exec(authorization ?? '') ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const [row] = await database.query<{ readonly name: string; readonly accounts: readonly string[]; readonly hash: Buffer }>({
    name: 'weir-caller-find',
    text: 'SELECT name, accounts, hash FROM weir.api_caller WHERE id = $1 AND revoked_at IS NULL',
    values: [id],
  });
  if (!isSecretOf(secret, row?.hash) || row === undefined) return undefined;
  const accounts = new Set(row.accounts);
  return { name: row.name, mayUse: (account) => accounts.has(account) };
}
