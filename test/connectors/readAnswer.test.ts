import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAnswer } from '../../src/connectors/readAnswer.ts';

describe('readAnswer', () => {
  const strange = (): Error => new Error('strange');

  it('answers a body of its shape', () => {
    expect(readAnswer({ body: '{"code":"DONE"}' }, z.object({ code: z.string() }), strange)).toEqual({ code: 'DONE' });
  });

  it.each(['{"code":1}', 'not JSON', ''])('throws what it is told to at %j', (body) => {
    expect(() => readAnswer({ body }, z.object({ code: z.string() }), strange)).toThrow('strange');
  });
});
