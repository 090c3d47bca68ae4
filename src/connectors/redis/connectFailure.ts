import type { RedisOptions } from 'ioredis';
import { WeirError } from '../../errors.ts';
import { translateError } from './translateError.ts';

/** Why no connection was had: says where and as whom it was tried and where that is set, never the password. */
export function connectFailure(error: unknown, { host, port, username }: RedisOptions, origin: string): Error {
  const failure = translateError(error);
  if (!(failure instanceof WeirError)) return failure;
  const { code, kind, message, cause } = failure;
  // Without one in the url the client says null, whatever its types promise.
  const user = (username ?? '') === '' ? 'default' : username;
  return new WeirError(code, `${message}. Tried at ${host ?? ''}:${port ?? ''} as user ${user}: see ${origin}`, { cause, kind });
}
