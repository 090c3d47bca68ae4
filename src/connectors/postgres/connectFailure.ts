import type pg from 'pg';
import { WeirError } from '../../errors.ts';
import { connectionLost } from './translateError.ts';

/** Why no connection was had: says where and as whom it was tried and where that is set, never the password. */
export function connectFailure(error: unknown, tried: Pick<pg.Client, 'user' | 'host' | 'port' | 'database'>, origin: string): WeirError {
  const { code, kind, message, cause } = connectionLost(error);
  const as = `user ${tried.user ?? 'without name'}, database ${tried.database ?? 'without name'}`;
  return new WeirError(code, `${message} Tried at ${tried.host}:${tried.port}, ${as}: see ${origin}.`, { cause, kind });
}
