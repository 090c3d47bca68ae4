import type { FastifyRequest } from 'fastify';
import type { Queryable } from '../connectors/database.ts';
import { Problem } from '../http/problem.ts';
import { findCaller, type Caller } from './apiTokens.ts';
import { findSession } from './sessions.ts';

export const cookieName = 'weir_session';
const cookie = new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]{43})(?:;|$)`);
const session = /^Session ([A-Za-z0-9_-]{43})$/;

/**
 * What a request is admitted by: its `Authorization` header, or `Session …` for the cookie of the page. A browser sends a cookie by itself,
 * so a request with one must come from the page: 403 for any other.
 */
export function credentialsOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  // Only from a cookie: nobody says so of himself.
  if (authorization !== undefined) return authorization.startsWith('Session ') ? 'none' : authorization;
  const secret = sessionSecretOf(request);
  if (secret === undefined) return undefined;
  requireOwnPage(request);
  return `Session ${secret}`;
}

/** The secret in the cookie of a request. */
export function sessionSecretOf({ headers }: FastifyRequest): string | undefined {
  return cookie.exec(headers.cookie ?? '')?.[1];
}

/** Refuses what a page of somebody else has sent: 403. Browsers say where a POST comes from, and of most requests whether it is the same. */
export function requireOwnPage({ headers, method }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const isSameSite = site === undefined || site === 'same-origin';
  const isSameOrigin = headers.origin === undefined ? method === 'GET' : hostOf(headers.origin) === headers.host;
  if (!isSameSite || !isSameOrigin)
    throw new Problem(403, 'a request by cookie must come from the page of this address: its Origin is another');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Who bears these credentials; undefined where they are none that are good. */
export async function findBearer(database: Queryable, credentials: string | undefined): Promise<Caller | undefined> {
  const secret = session.exec(credentials ?? '')?.[1];
  return secret === undefined ? findCaller(database, credentials) : findSession(database, secret);
}
