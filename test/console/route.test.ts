import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';

const facts = { about: 'answer', role: 'viewer', answer: () => Promise.resolve(null), act: () => Promise.resolve(null) } as const;
const described = z.string().meta({ description: 'a field' });

describe('a route', () => {
  it('is declared with a strict object of described fields', () => {
    const input = z.strictObject({ name: described, limit: z.int().default(1).meta({ description: 'rows' }), inner: described.optional() });
    expect(defineQuestion({ ...facts, name: 'dead-letters.list', input, words: ['name'] }).kind).toBe('question');
    expect(defineAction({ ...facts, name: 'job.run', input }).kind).toBe('action');
  });

  const wrong: readonly (readonly [string, string, z.ZodType, readonly string[]])[] = [
    ['whose input takes what it does not know', 'a.b', z.object({ name: described }), []],
    ['whose input is no object', 'a.b', z.array(described), []],
    ['with a field that nobody describes', 'a.b', z.strictObject({ name: z.string() }), []],
    ['without a group', 'list', z.strictObject({}), []],
    ['with a name that no command could have', 'a.B', z.strictObject({}), []],
    ['with a word that is no field', 'a.b', z.strictObject({ name: described }), ['names']],
  ];
  it.each(wrong)('%s is refused when it is declared', (_, name, input, words) => {
    expect(() => defineQuestion({ ...facts, name, input, words })).toThrow(TypeError);
  });

  it('has no field format where the command line has it', () => {
    const input = z.strictObject({ format: described });
    expect(() => defineQuestion({ ...facts, name: 'a.b', input, formats: { csv: () => '' } })).toThrow('format');
  });

  it('that acts has no reason of its own', () => {
    expect(() => defineAction({ ...facts, name: 'a.b', input: z.strictObject({ reason: described }) })).toThrow('reason');
  });
});
