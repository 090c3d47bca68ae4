import { textOf } from './errors.ts';

/** Fields named at most; the first ones tell the story. */
const maxFields = 5;

/**
 * What a schema expected and where, in one line for a log or a dead letter: `version: expected a number of 1 or more`. Names
 * fields and types, never a value. Of an error without issues (a zod error has them) its text.
 */
export function expectation(error: unknown): string {
  const issues = issuesOf(error);
  if (issues.length === 0) return `The schema refused the value: ${textOf(error)}.`;
  const named = issues.slice(0, maxFields).map(({ path, message }) => `${fieldOf(path)}: ${expectedOf(message)}`);
  const more = issues.length > maxFields ? [`and ${issues.length - maxFields} more`] : [];
  // The name of a field that nobody knows may hold a line break.
  return [...named, ...more].join('; ').replaceAll(/\s+/g, ' ');
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

function fieldOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'value' : path.map(String).join('.');
}

/** What one issue expected: `Invalid input: expected string, received number` as `expected string`. */
export function expectedOf(message: string): string {
  return message.replace(/^[A-Z][a-z ]+: (?=expected)/, '').replace(/, received .*$/s, '');
}
