import { z } from 'zod';
import { defineApiRoute } from './apiRoute.ts';
import { bindApiRoutes, type BoundApiRoute } from './boundApiRoute.ts';
import { openApiDocument } from './openApiDocument.ts';

/** Adds the route that tells what there is, itself included. It needs a caller as the others do. */
export function withDocument(routes: readonly BoundApiRoute[]): readonly BoundApiRoute[] {
  const route = defineApiRoute({
    method: 'GET',
    path: '/openapi.json',
    about: 'tell what there is, as an OpenAPI document',
    input: z.strictObject({}),
    answers: { 200: { about: 'the document', body: z.looseObject({ openapi: z.string() }) } },
    answer: () => Promise.resolve({ status: 200, body: document }),
  });
  const all = [...routes, ...bindApiRoutes([route], undefined)];
  const document = openApiDocument(all);
  return all;
}
