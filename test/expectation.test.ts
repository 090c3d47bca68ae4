import { expect, test } from 'vitest';
import { z } from 'zod';
import { expectation } from '../src/expectation.ts';

function textOf(schema: z.ZodType, input: unknown): string {
  const { error } = schema.safeParse(input);
  return error === undefined ? '' : expectation(error);
}

test.each<[string, z.ZodType, unknown, string]>([
  ['a type', z.string(), 7, 'value: expected string'],
  ['a limit', z.object({ fee: z.number().min(1) }), { fee: 0 }, 'fee: expected number to be >=1'],
  ['a sentence of ours', z.object({ id: z.string().regex(/^1$/, 'expected 1') }), { id: '2' }, 'id: expected 1'],
  ['a field inside others', z.object({ bills: z.array(z.object({ id: z.string() })) }), { bills: [{}] }, 'bills.0.id: expected string'],
  ['two fields', z.object({ a: z.string(), b: z.boolean() }), {}, 'a: expected string; b: expected boolean'],
  ['a field that nobody knows', z.strictObject({}), { 'b\ncc': 'x' }, 'value: Unrecognized key: "b cc"'],
])('%s is named with what was expected, in one line', (_, schema, input, text) => {
  expect(textOf(schema, input)).toBe(text);
});

test('no value is repeated', () => {
  const text = textOf(z.object({ name: z.number(), kind: z.enum(['BILL']) }), { name: 'Kim Minsu', kind: 'Lee Jiwoo' });
  expect(text).toBe('name: expected number; kind: expected "BILL"');
});

test('after five fields only the number of the others is told', () => {
  const schema = z.object(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, z.string()])));
  expect(textOf(schema, {})).toMatch(/^a: .*; e: expected string; and 2 more$/);
});
