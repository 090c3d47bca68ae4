import type { Database } from '../connectors/database.ts';
import { Admission } from '../http/admission.ts';
import { Problem } from '../http/problem.ts';
import { TokenBuckets } from '../http/tokenBuckets.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import type { ApiCaller } from './apiCaller.ts';
import { findApiCaller } from './callerTokens.ts';

export interface CallersParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Requests a second of one caller. */
  readonly callerPerSecond: number;
  /** Requests a second of one address, whoever asks. */
  readonly addressPerSecond: number;
}

/** Who may ask how often. Everything is refused with a `Problem`. */
export interface Callers {
  /** Called for every request, before anything is read or looked up: 429 for an address that asks too often. */
  limit(address: string): void;
  /** Who asks, by an `Authorization` header: 401, or 429 for an address that failed or a caller that asks too often. */
  admit(authorization: string | undefined, address: string): Promise<ApiCaller>;
}

/** Knows callers by their tokens in the database, so that one which is revoked is out from its next request on. */
export function callersOf({ database, clock, log, callerPerSecond, addressPerSecond }: CallersParts): Callers {
  const [byCaller, byAddress] = [new TokenBuckets(clock, callerPerSecond), new TokenBuckets(clock, addressPerSecond)];
  const admission = new Admission({
    ...{ clock, log, expected: 'expected the header "Authorization: Bearer weirapi_…"' },
    find: (authorization: string | undefined) => findApiCaller(database, authorization),
  });
  return {
    limit: (address) => requireRoom(byAddress.take(address), 'this address'),
    admit: async (authorization, address) => {
      const caller = await admission.admit(authorization, address);
      requireRoom(byCaller.take(caller.name), 'this caller');
      return caller;
    },
  };
}

function requireRoom(waitMs: number, who: string): void {
  if (waitMs === 0) return;
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) };
  throw new Problem(429, `${who} asks more often than it may`, { headers });
}
