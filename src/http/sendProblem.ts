import type { FastifyReply } from 'fastify';
import type { Problem } from './problem.ts';

/** Sends a refusal. */
export function sendProblem(reply: FastifyReply, { body, headers }: Problem): void {
  bare(reply).code(body.status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
}

/** What is answered is for the one who asked, and for no cache. */
export function bare(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').type('application/json');
}
