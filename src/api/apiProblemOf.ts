import { codeOf, mayPass } from '../errors.ts';
import { Problem } from '../http/problem.ts';

/** When to try again what failed for a reason that may pass, in seconds. */
const retryAfterSeconds = '5';

/** What the HTTP server itself refuses, by status. */
const formSentences: Readonly<Record<number, string>> = {
  400: 'the request is no valid HTTP',
  404: 'there is nothing at this address',
  413: 'the body is too large',
  414: 'the address is too long',
  415: 'expected the header "Content-Type: application/json"',
};

/**
 * The refusal that an error becomes for those outside. Of what is no `Problem` only this is told: 503 where it may pass (nothing is
 * stored, or the same Idempotency-Key tells what was done), else 500; its text and code are for our log alone.
 */
export function apiProblemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (mayPass(error)) {
    const detail =
      codeOf(error) === 'outcomeUnknown'
        ? 'nobody can tell whether it was done: send it again with the same Idempotency-Key'
        : 'this cannot be answered now: send it again later';
    return new Problem(503, detail, { headers: { 'retry-after': retryAfterSeconds } });
  }
  return httpProblem(error) ?? new Problem(500, 'a fault of ours, which is in our log');
}

function httpProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  const sentence = formSentences[error.statusCode];
  return sentence === undefined ? undefined : new Problem(error.statusCode, sentence);
}
