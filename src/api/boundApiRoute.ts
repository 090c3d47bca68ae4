import type { ApiAnswer, ApiRoute, UnreadRequest } from './apiRoute.ts';
import type { ApiCaller } from './apiCaller.ts';
import { readInput } from './readInput.ts';

/** A route with its ports: all that is left to give is a request. */
export interface BoundApiRoute extends Pick<ApiRoute<unknown>, 'method' | 'path' | 'about' | 'input' | 'answers' | 'access' | 'headers'> {
  /** `query` is what stands behind the question mark. `caller` is there where the route needs one. */
  answer(request: UnreadRequest, query: string, caller: ApiCaller | undefined): Promise<ApiAnswer>;
}

/** Joins routes with the ports that they were declared for. */
export function bindApiRoutes<P>(routes: readonly ApiRoute<P>[], ports: P): readonly BoundApiRoute[] {
  return routes.map((route) => ({
    ...route,
    answer: async (request, query, caller) => {
      const answer = await answered(route, ports, request, query, caller);
      if (route.answers[answer.status] === undefined)
        throw new TypeError(`${route.path} answers ${answer.status}, which it does not declare`);
      return answer;
    },
  }));
}

async function answered<P>(
  route: ApiRoute<P>,
  ports: P,
  request: UnreadRequest,
  query: string,
  caller: ApiCaller | undefined,
): Promise<ApiAnswer> {
  if (route.access === 'open') {
    await route.verify(ports, request);
    return route.answer(ports, { ...request, input: readInput(route.input, request, query) });
  }
  if (caller === undefined) throw new TypeError('a request came past its admission');
  return route.answer(ports, { ...request, input: readInput(route.input, request, query), caller });
}
