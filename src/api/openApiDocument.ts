import { z } from 'zod';
import type { ApiJson } from './apiJson.ts';
import { inputParts } from './apiRoute.ts';
import type { BoundApiRoute } from './boundApiRoute.ts';

/** What routes declare of themselves. */
type Declared = Pick<BoundApiRoute, 'method' | 'path' | 'about' | 'input' | 'answers' | 'access' | 'headers'>;

interface Fields {
  readonly properties?: Readonly<Record<string, ApiJson>>;
  readonly required?: readonly string[];
}

const problemSchema = {
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

const refusal = {
  description: 'A refusal (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The document of these routes, in OpenAPI 3.1: whatever they declare, and nothing besides. */
export function openApiDocument(routes: readonly Declared[]): ApiJson {
  const paths = [...Map.groupBy(routes, ({ path }) => path)].map(([path, served]) => {
    const operations = served.map((route) => [route.method.toLowerCase(), operationOf(route)] as const);
    return [path.replaceAll(/:([A-Za-z]+)/g, '{$1}'), Object.fromEntries(operations)] as const;
  });
  return {
    openapi: '3.1.0',
    info: { title: 'Weir', version: '1' },
    paths: Object.fromEntries(paths),
    components: { schemas: { Problem: problemSchema }, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf({ about, input, answers, access, headers = {} }: Declared): ApiJson {
  const { path, query, body } = inputParts(input);
  const sent = Object.entries(headers).map(([name, description]) => ({
    ...{ in: 'header', name, required: true, description, schema: { type: 'string' } },
  }));
  return {
    summary: about,
    security: access === 'open' ? [] : [{ token: [] }],
    parameters: [...parametersOf('path', path), ...parametersOf('query', query), ...sent],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: { ...Object.fromEntries(Object.entries(answers).map(([status, facts]) => [status, answerOf(facts)])), default: refusal },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): readonly ApiJson[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as Fields;
  return Object.entries(properties).map(([name, field]) => {
    const { description, ...rest } = field as Readonly<Record<string, ApiJson>>;
    return { in: place, name, required: required.includes(name), description, schema: rest };
  });
}

function answerOf({ about, body }: Declared['answers'][number]): ApiJson {
  if (body === undefined) return { description: about };
  return { description: about, content: { 'application/json': { schema: schemaOf(body) } } };
}

/** As it stands in JSON before it is read: an amount is an integer. */
function schemaOf(schema: z.ZodType): ApiJson {
  const told = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(told as Readonly<Record<string, ApiJson>>).filter(([name]) => name !== '$schema'));
}
