import type { z } from 'zod';
import { problemSchema, refusal, schemaOf } from '../http/openApiParts.ts';
import type { ApiJson } from './apiJson.ts';
import { inputParts } from './apiRoute.ts';
import type { BoundApiRoute } from './boundApiRoute.ts';

/** What routes declare of themselves. */
type Declared = Pick<BoundApiRoute, 'method' | 'path' | 'about' | 'input' | 'answers' | 'access' | 'headers'>;

interface Fields {
  readonly properties?: Readonly<Record<string, ApiJson>>;
  readonly required?: readonly string[];
}

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
