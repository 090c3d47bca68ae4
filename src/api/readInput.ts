import type { z } from 'zod';
import { expectedOf } from '../expectation.ts';
import { fieldsOf } from '../http/field.ts';
import { Problem, type FieldProblem } from '../http/problem.ts';
import { forbiddenNames } from './checkShape.ts';
import { inputParts, type UnreadRequest } from './apiRoute.ts';
import { parseJson } from './parseJson.ts';

/** Wrong fields that are told at most. */
const maxFields = 20;

/** What a route is given: the parts of the address as text, the body as JSON. Throws a `Problem` (400) that names every wrong field. */
export function readInput<I>(schema: z.ZodType<I>, { path, rawBody }: Pick<UnreadRequest, 'path' | 'rawBody'>, query: string): I {
  const parts = inputParts(schema);
  if (parts.query === undefined && query !== '') throw new Problem(400, 'expected an address without a question mark');
  const given = {
    ...(parts.path === undefined ? {} : { path }),
    ...(parts.query === undefined ? {} : { query: readQuery(query) }),
    ...(parts.body === undefined ? {} : { body: parseJson(rawBody) }),
  };
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const fields = error.issues.flatMap((issue) => problemsOf(parts, issue)).slice(0, maxFields);
  throw new Problem(400, 'the request was not understood: fields tells what was expected', { fields });
}

function readQuery(text: string): Readonly<Record<string, string>> {
  const pairs = [...new URLSearchParams(text)];
  const names = new Set<string>();
  for (const [name] of pairs) {
    const field = `query.${name.slice(0, 80)}`;
    if (forbiddenNames.has(name))
      throw new Problem(400, 'a name is none that a request may have', { fields: [{ field, expected: 'no such field' }] });
    if (names.has(name)) throw new Problem(400, 'the address tells a field twice', { fields: [{ field, expected: 'expected once' }] });
    names.add(name);
  }
  return Object.fromEntries(pairs);
}

/** Names fields and what was expected, never a value. */
function problemsOf(parts: ReturnType<typeof inputParts>, issue: z.core.$ZodIssue): readonly FieldProblem[] {
  const at = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: at.join('.'), expected: expectedOf(issue.message) }];
  const [part] = at;
  const schema = at.length === 1 && part !== undefined ? parts[part as keyof typeof parts] : undefined;
  const known =
    schema === undefined
      ? ''
      : `; there are ${fieldsOf(schema)
          .map(({ name }) => name)
          .join(', ')}`;
  return issue.keys.map((name) => ({ field: [...at, name.slice(0, 80)].join('.'), expected: `no such field${known}` }));
}
