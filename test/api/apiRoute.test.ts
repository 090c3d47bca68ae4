import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineApiRoute } from '../../src/api/apiRoute.ts';

const described = z.string().meta({ description: 'a field' });
const facts = {
  about: 'answer',
  answers: { 200: { about: 'it' } },
  answer: () => Promise.resolve({ status: 200, body: null }),
};

describe('a route of the public API', () => {
  it('is declared with strict objects of described fields', () => {
    const input = z.strictObject({ path: z.strictObject({ id: described }), query: z.strictObject({ q: described.optional() }) });
    expect(defineApiRoute({ ...facts, method: 'GET', path: '/things/:id', input }).access).toBe('caller');
  });

  const wrong: readonly (readonly [string, 'GET' | 'POST', string, z.ZodType])[] = [
    ['whose input takes what it does not know', 'POST', '/things', z.object({})],
    ['whose body takes what it does not know', 'POST', '/things', z.strictObject({ body: z.object({ a: described }) })],
    ['with a field that nobody describes', 'POST', '/things', z.strictObject({ body: z.strictObject({ a: z.string() }) })],
    ['with a part that no request has', 'POST', '/things', z.strictObject({ cookie: z.strictObject({}) })],
    ['whose path has a part that its input lacks', 'POST', '/things/:id', z.strictObject({})],
    ['whose input has a part that its path lacks', 'POST', '/things', z.strictObject({ path: z.strictObject({ id: described }) })],
    ['that asks with a body', 'GET', '/things', z.strictObject({ body: z.strictObject({}) })],
    ['with a path that does not begin at the root', 'GET', 'things', z.strictObject({})],
    ['with an asterisk', 'GET', '/things/*', z.strictObject({})],
  ];
  it.each(wrong)('%s is refused when it is declared', (_, method, path, input) => {
    expect(() => defineApiRoute({ ...facts, method, path, input })).toThrow(TypeError);
  });

  it('that answers nothing is refused when it is declared', () => {
    expect(() => defineApiRoute({ ...facts, method: 'GET', path: '/things', input: z.strictObject({}), answers: {} })).toThrow(TypeError);
  });
});
