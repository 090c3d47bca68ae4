import { z } from 'zod';

interface Parts {
  readonly [name: string]: Part;
}
type Part = string | number | boolean | null | readonly Part[] | Parts;

/** A refusal's body, as documents of our APIs name it: `#/components/schemas/Problem`. */
export const problemSchema = {
  type: 'object',
  required: ['status', 'title', 'detail'],
  properties: {
    status: { type: 'integer' },
    title: { type: 'string' },
    detail: { type: 'string', description: 'What happened and what was expected, for people.' },
    fields: {
      type: 'array',
      items: { type: 'object', required: ['field', 'expected'], properties: { field: { type: 'string' }, expected: { type: 'string' } } },
    },
  },
};

/** The answer of an operation that was refused. */
export const refusal = {
  description: 'A refusal (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** A schema as it stands in JSON before it is read: an amount is an integer. */
export function schemaOf(schema: z.ZodType): Parts {
  const told = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(told as Parts).filter(([name]) => name !== '$schema'));
}
