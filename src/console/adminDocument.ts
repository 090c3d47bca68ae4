import type { z } from 'zod';
import { problemSchema, refusal, schemaOf } from '../http/openApiParts.ts';
import type { Json } from '../runtime/jobs/job.ts';
import type { BoundRoute } from './boundRoute.ts';
import { cookieName } from './credentials.ts';
import { logInBody } from './serveSession.ts';

const reason = { type: 'string', minLength: 1, maxLength: 500, description: 'why, for the audit' };

/**
 * The document of the admin port, in OpenAPI 3.1: every address that it answers. `x-weir-role` is the least role that may ask, `x-weir-kind`
 * whether it is a question, a look at personal data or an action. The page makes its forms from it.
 */
export function adminDocument(routes: readonly BoundRoute[]): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Weir, its admin port', version: '1' },
    paths: { ...openPaths, ...Object.fromEntries(routes.flatMap(pathsOf)) },
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: cookieName },
      },
    },
  };
}

function pathsOf(route: BoundRoute): readonly (readonly [string, Json])[] {
  const { name, about, kind } = route;
  const path = `/api/${name.replace('.', '/')}`;
  const asked = operation(route, about, bodyOf(route));
  if (kind !== 'action') return [[path, { post: asked }]];
  return [
    [path, { post: asked }],
    [`${path}/effect`, { post: operation(route, `tell what this would answer, and do nothing: ${about}`, schemaOf(route.input)) }],
  ];
}

function operation({ role, kind }: BoundRoute, summary: string, schema: Json): Json {
  return {
    ...{ summary, 'x-weir-role': role, 'x-weir-kind': kind, security },
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: { 200: { description: 'The answer.', content: { 'application/json': { schema: {} } } }, default: refusal },
  };
}

/** Looks and actions have a reason besides their own fields. */
function bodyOf({ kind, input }: BoundRoute): Json {
  const schema = schemaOf(input);
  if (kind === 'question') return schema;
  const properties = { ...(schema['properties'] as Readonly<Record<string, Json>>), reason };
  return { ...schema, properties, required: [...((schema['required'] ?? []) as readonly string[]), 'reason'] };
}

const security = [{ token: [] }, { session: [] }];

/** What is no route: how the page is let in, what is live, and what machines ask. */
const openPaths: Readonly<Record<string, Json>> = {
  '/api/session/open': { post: sessionOperation('exchange a token for a session, in a cookie', [], logInBody) },
  '/api/session/show': { post: sessionOperation('tell who is logged in', security) },
  '/api/session/close': { post: sessionOperation('end the session', []) },
  '/api/openapi.json': {
    get: { ...told('tell what there is, as an OpenAPI document', 'application/json'), security, 'x-weir-role': 'viewer' },
  },
  '/api/live': {
    get: { ...told('tell how everything stands, every two seconds', 'text/event-stream'), security, 'x-weir-role': 'viewer' },
  },
  '/metrics': { get: told('tell the metrics, as Prometheus reads them', 'text/plain') },
  '/livez': { get: told('tell whether all that has work makes progress', 'application/json') },
  '/readyz': { get: told('tell whether all that is needed is there', 'application/json') },
};

function sessionOperation(summary: string, needs: typeof security, body?: z.ZodType): Json {
  const content = { 'application/json': { schema: body === undefined ? { type: 'object' } : schemaOf(body) } };
  return { ...told(summary, 'application/json'), security: needs, requestBody: { required: body !== undefined, content } };
}

function told(summary: string, type: string): { readonly [field: string]: Json } {
  return { summary, security: [], responses: { 200: { description: 'The answer.', content: { [type]: {} } }, default: refusal } };
}
