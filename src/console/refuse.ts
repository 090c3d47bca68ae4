import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../http/sendProblem.ts';
import { problemOf } from './problemOf.ts';

/** Answers whatever was thrown, as the error handler of a route of the admin port. */
export function refuse(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problemOf(error));
}
