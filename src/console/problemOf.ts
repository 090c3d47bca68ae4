import { codeOf, textOf, WeirError, type ErrorCode } from '../errors.ts';
import { Problem } from '../http/problem.ts';

/** What codes mean to a caller; all others are ours or the world's fault. */
const statuses: Partial<Record<ErrorCode, number>> = {
  ...{ invalidKey: 400, notFound: 404, alreadyCompleted: 409, refused: 409, newerVersion: 409, constraint: 409, fenced: 409 },
  ...{ unavailable: 503, conflict: 503, throttled: 503, timedOut: 503, cancelled: 503, schemaMismatch: 503 },
};

/** The refusal that an error becomes. Of what nobody translated only its class is told, since its text may carry row values. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (code === 'outcomeUnknown') {
    return new Problem(504, `nobody can tell whether it was done: weir audit list shows what was (${textOf(error)})`, { code });
  }
  if (error instanceof WeirError) return new Problem(statuses[code] ?? 500, textOf(error), { code });
  return httpProblem(error) ?? new Problem(500, textOf(error), { code });
}

/** What the HTTP server itself refuses (too large, not JSON), in its own words about the request's form. */
function httpProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  return error.statusCode < 500 ? new Problem(error.statusCode, formSentences[error.statusCode] ?? 'expected a JSON object') : undefined;
}

const formSentences: Readonly<Record<number, string>> = {
  413: 'the body is larger than 1 MB',
  415: 'expected the header "Content-Type: application/json"',
};
