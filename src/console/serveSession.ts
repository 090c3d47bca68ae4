import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { bare } from '../http/sendProblem.ts';
import type { Api } from './api.ts';
import type { Caller } from './apiTokens.ts';
import { cookieName, credentialsOf, requireOwnPage, sessionSecretOf } from './credentials.ts';
import { refuse } from './refuse.ts';

/** What a log-in sends. */
export const logInBody = z.strictObject({
  token: z.string().max(200).meta({ description: 'a token, as weir tokens create has shown it' }),
});

/**
 * Serves how people are let in by the page: a token is exchanged for a session, whose secret stands in a cookie that no script reads.
 * What other pages send is refused here too, so that nobody is logged in as somebody else.
 */
export function serveSession(server: FastifyInstance, api: () => Api): void {
  server.post('/api/session/open', { errorHandler: refuse }, async (request, reply) => {
    requireOwnPage(request);
    const { success, data } = logInBody.safeParse(request.body);
    if (!success) throw new Problem(400, 'expected a token', { fields: [{ field: 'token', expected: 'weir_ and what follows it' }] });
    const { caller, secret, lastsSeconds } = await api().openSession(data.token.trim(), request.ip);
    reply.header('set-cookie', cookieOf(request, secret, lastsSeconds));
    return bare(reply).send(sheet(caller));
  });

  server.post('/api/session/show', { errorHandler: refuse }, async (request, reply) => {
    const credentials = credentialsOf(request);
    // Who has just come is no failed attempt.
    if (credentials === undefined) throw new Problem(401, 'nobody is logged in', { headers: { 'www-authenticate': 'Bearer' } });
    return bare(reply).send(sheet(await api().admit(credentials, request.ip)));
  });

  server.post('/api/session/close', { errorHandler: refuse }, async (request, reply) => {
    requireOwnPage(request);
    const secret = sessionSecretOf(request);
    if (secret !== undefined) await api().closeSession(secret);
    reply.header('set-cookie', cookieOf(request, '', 0));
    return bare(reply).send({});
  });
}

function sheet({ name, role, endsAt }: Caller): object {
  return { name, role, endsAt: endsAt?.toISOString() ?? null };
}

/** `Secure` where a proxy before us speaks TLS: on loopback nobody does. For the API alone: cookies know no ports, and what else listens on this host needs none of it. */
function cookieOf({ headers }: FastifyRequest, secret: string, lastsSeconds: number): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${cookieName}=${secret}; Path=/api; HttpOnly; SameSite=Strict; Max-Age=${lastsSeconds}${secure}`;
}
