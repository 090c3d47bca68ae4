import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { amountMinor } from '../../src/api/amountMinor.ts';
import { defineApiRoute, defineOpenRoute, inputParts, type ApiRoute } from '../../src/api/apiRoute.ts';
import { idempotencyHeader } from '../../src/api/idempotencyKey.ts';
import { signatureHeaders } from '../../src/api/signature.ts';
import { fieldsOf } from '../../src/http/field.ts';
import { systems } from '../../pipelines/index.ts';
import { anApiServer, ask } from './anApiServer.ts';

const number = z.string().regex(/^\d+$/).meta({ description: 'which' });
const done = () => Promise.resolve({ status: 200, body: null });

const examples: readonly ApiRoute<undefined>[] = [
  defineApiRoute({
    ...{ method: 'POST', path: '/moves', about: 'move money', headers: idempotencyHeader, answer: done },
    input: z.strictObject({
      body: z.strictObject({
        amountMinor: amountMinor({ max: 500n, about: 'how much' }),
        note: z.string().max(40).optional().meta({ description: 'why' }),
      }),
    }),
    answers: { 202: { about: 'it is written down', body: z.strictObject({ number: z.string() }) } },
  }),
  defineApiRoute({
    ...{ method: 'GET', path: '/moves/:number', about: 'show a move', answer: done },
    input: z.strictObject({
      path: z.strictObject({ number }),
      query: z.strictObject({ deep: number.optional().meta({ description: 'how deep' }) }),
    }),
    answers: { 200: { about: 'the move' }, 404: { about: 'there is none' } },
  }),
  defineOpenRoute({
    ...{ method: 'POST', path: '/hooks/:name', about: 'be told', headers: signatureHeaders, verify: () => undefined, answer: done },
    input: z.strictObject({ path: z.strictObject({ name: number }), body: z.strictObject({ id: z.int().meta({ description: 'which' }) }) }),
    answers: { 200: { about: 'heard' } },
  }),
];

interface Operation {
  readonly summary: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly in: string; readonly name: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Schema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties: boolean;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

async function documentOf<P>(
  routes: readonly ApiRoute<P>[],
  ports: P,
): Promise<{ readonly openapi: string; readonly paths: Paths; readonly url: string }> {
  const { url } = await anApiServer(routes, ports);
  const { body } = await ask(`${url}/openapi.json`);
  return { ...(body as { openapi: string; paths: Paths }), url };
}

const names = (schema: z.ZodType | undefined): readonly string[] => (schema === undefined ? [] : fieldsOf(schema).map(({ name }) => name));

const sets: readonly (readonly [string, readonly ApiRoute<never>[]])[] = [
  ['examples', examples],
  ['the business', systems.apiRoutes],
];

describe.each(sets)('the document of %s', (_, routes) => {
  it('has every route that is served, and no other', async () => {
    const { openapi, paths, url } = await documentOf(routes, undefined as never);
    expect(openapi).toBe('3.1.0');
    const told = Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`));
    const declared = routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(told.toSorted()).toEqual([...declared, 'get /openapi.json'].toSorted());
    for (const [path, operations] of Object.entries(paths)) {
      const { headers, status } = await ask(url + path.replaceAll(/[{}]/g, ''), { method: 'DELETE' });
      expect([status, headers.get('allow')?.toLowerCase().split(', ').toSorted()]).toEqual([405, Object.keys(operations).toSorted()]);
    }
  });

  it('has every field of every route, its answers, and who may ask', async () => {
    const { paths } = await documentOf(routes, undefined as never);
    for (const { method, path, input, answers, access, headers = {}, about } of routes) {
      const operation = paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      const { path: inPath, query, body } = inputParts(input);
      const parameters = operation?.parameters.map(({ name, in: place }) => `${place} ${name}`);
      const expected = [
        ...names(inPath).map((name) => `path ${name}`),
        ...names(query).map((name) => `query ${name}`),
        ...Object.keys(headers).map((name) => `header ${name}`),
      ];
      expect(parameters).toEqual(expected);
      expect(Object.keys(operation?.requestBody?.content['application/json']?.schema.properties ?? {})).toEqual(names(body));
      expect(Object.keys(operation?.responses ?? {})).toEqual([...Object.keys(answers), 'default']);
      expect([operation?.summary, operation?.security.length]).toEqual([about, access === 'open' ? 0 : 1]);
    }
  });
});

describe('the document', () => {
  it('tells an amount as the integer that it is in JSON, and what is needed', async () => {
    const { paths } = await documentOf(examples, undefined);
    expect(paths['/moves']?.['post']?.requestBody?.content['application/json']?.schema).toMatchObject({
      properties: {
        amountMinor: { type: 'integer', minimum: 1, maximum: 500, description: 'how much' },
        note: { type: 'string', maxLength: 40 },
      },
      required: ['amountMinor'],
      additionalProperties: false,
    });
    expect(paths['/moves/{number}']?.['get']?.parameters.map(({ name, required }) => [name, required])).toEqual([
      ['number', true],
      ['deep', false],
    ]);
  });

  it('is for callers', async () => {
    const { url } = await documentOf(examples, undefined);
    expect((await ask(`${url}/openapi.json`, { headers: { authorization: '' } })).status).toBe(401);
  });
});
