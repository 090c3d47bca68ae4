import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../errors.ts';

/** What is wrong with one field of the input. */
export interface FieldProblem {
  readonly field: string;
  readonly expected: string;
}

/** A refusal as it is sent: `application/problem+json` (RFC 9457), without personal data. */
export interface ProblemBody {
  readonly status: number;
  readonly title: string;
  /** What happened and what was expected, for people. */
  readonly detail: string;
  readonly code?: ErrorCode;
  readonly fields?: readonly FieldProblem[];
}

export interface ProblemFacts {
  readonly code?: ErrorCode;
  readonly fields?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of the admin API or of the public one. */
export class Problem extends Error {
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, { headers = {}, ...facts }: ProblemFacts = {}) {
    super(detail);
    this.name = 'Problem';
    this.body = { status, title: STATUS_CODES[status] ?? 'Error', detail, ...facts };
    this.headers = headers;
  }
}
