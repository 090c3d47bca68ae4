import type { z } from 'zod';

/** Fields named at most; the first ones tell the story. */
const maxFields = 5;

/**
 * What a schema expected and where, in one line for a log or a dead letter: `version: expected a number of 1 or more`. Names
 * fields and types, never a value.
 */
export function expectation({ issues }: z.ZodError): string {
  const named = issues.slice(0, maxFields).map(({ path, message }) => `${fieldOf(path)}: ${withoutHeading(message)}`);
  const more = issues.length > maxFields ? [`and ${issues.length - maxFields} more`] : [];
  // The name of a field that nobody knows may hold a line break.
  return [...named, ...more].join('; ').replaceAll(/\s+/g, ' ');
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'value' : path.map(String).join('.');
}

/** `Invalid input: expected string, received number` as `expected string`. */
function withoutHeading(message: string): string {
  return message.replace(/^[A-Z][a-z ]+: (?=expected)/, '').replace(/, received .*$/s, '');
}
