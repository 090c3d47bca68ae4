import { textOf, WeirError } from '../src/errors.ts';
import { dead } from '../src/message/decision.ts';
import { mapOpen } from './internal/mapOpen.ts';
import { parseJson } from './internal/parseJson.ts';
import type { Step } from './step.ts';

/** Issues named in a dead letter at most; the first ones tell the story. */
const maxIssues = 5;

/** What checks a decoded value and gives it its type. A zod schema is one. */
export interface Schema<T> {
  parse(input: unknown): T;
}

/**
 * Reads the bytes of a text topic as UTF-8 and JSON and gives them to the schema.
 *
 * ```
 * source   --{"id":1}--?--D--{"id":2}--|
 *          decode(schema)
 * result   --a---------x--D--b---------|      x dead: undecodable
 * ```
 *
 * Synchronous and in order. What cannot be read is put aside as `undecodable`, with a text that names the field and what was
 * expected of it, never a value; a `WeirError` of the schema keeps its own code. A message that is put aside leaves once its
 * dead letter is durable; the following ones do not wait. `newerVersion` puts nothing aside: it errors the chain, since a
 * newer Weir wrote the message and can read it. Memory: the messages whose dead letters are being written.
 */
export function decode<T>(schema: Schema<T>): Step<Uint8Array, T> {
  return mapOpen('decode', ({ value }) => {
    try {
      return schema.parse(parseJson(value));
    } catch (error) {
      if (!(error instanceof WeirError)) return dead(new WeirError('undecodable', expectation(error), { cause: error }));
      if (error.code === 'newerVersion') throw error;
      return dead(error);
    }
  });
}

function expectation(error: unknown): string {
  const issues = issuesOf(error);
  if (issues.length === 0) return `The schema refused the value: ${textOf(error)}.`;
  const named = issues.slice(0, maxIssues).map(({ path, message }) => `${pathText(path)}: ${withoutReceived(message)}`);
  return issues.length > maxIssues ? `${named.join('; ')}; and ${issues.length - maxIssues} more` : named.join('; ');
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function issuesOf(error: unknown): readonly Issue[] {
  if (typeof error !== 'object' || error === null || !('issues' in error) || !Array.isArray(error.issues)) return [];
  return error.issues.filter(isIssue);
}

function isIssue(issue: unknown): issue is Issue {
  return (
    typeof issue === 'object' &&
    issue !== null &&
    'path' in issue &&
    Array.isArray(issue.path) &&
    'message' in issue &&
    typeof issue.message === 'string'
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'value' : path.map(String).join('.');
}

function withoutReceived(message: string): string {
  return message.replace(/, received .*$/su, '');
}
