import { z } from 'zod';
import { fieldsOf } from '../http/field.ts';
import type { ApiCaller } from './apiCaller.ts';
import type { ApiJson } from './apiJson.ts';

/** Methods that a route may have. What changes something is a POST. */
export const apiMethods = ['GET', 'POST'] as const;

export type ApiMethod = (typeof apiMethods)[number];

/** What a route answers with one status, for the document of the API. */
export interface ApiAnswerFacts {
  readonly about: string;
  /** Absent where a problem is sent, or nothing. */
  readonly body?: z.ZodType;
}

/** A request before anything of it is understood: for the check of a signature. */
export interface UnreadRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parts of the address by their names, as they were sent. */
  readonly path: Readonly<Record<string, string>>;
  /** The bytes of the body as they were sent; none where there is none. */
  readonly rawBody: Uint8Array;
  /** Calendar time of its arrival. */
  readonly at: Date;
}

/** A request whose input is what its route declares. */
export interface ApiRequest<I> extends UnreadRequest {
  readonly input: I;
}

export interface CallerRequest<I> extends ApiRequest<I> {
  readonly caller: ApiCaller;
}

export interface ApiAnswer {
  /** One of those that the route declares. */
  readonly status: number;
  readonly body: ApiJson;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What all routes of the public API have in common. */
export interface ApiRouteFacts<I> {
  readonly method: ApiMethod;
  /** `/remittances/:number`: lower case, a part that varies after a colon. */
  readonly path: string;
  /** One sentence for the document of the API. */
  readonly about: string;
  /**
   * What it is given: a strict object with a strict object each for `path`, `query` and `body`, where it has them. Unknown fields are
   * refused, and what stands in the address is text.
   */
  readonly input: z.ZodType<I>;
  /** By status. Refusals of the house need no mention: 400, 401, 413, 415, 429 and 503. */
  readonly answers: Readonly<Record<number, ApiAnswerFacts>>;
  /** Headers that it needs besides the house's own, each with a sentence. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route for callers with a token. It asks `caller.mayUse` about each account that it is told, since the house cannot know them. */
export interface CallerRoute<P, I> extends ApiRouteFacts<I> {
  readonly access: 'caller';
  /** Refuses with a `Problem`; of other errors nothing is told. Those that may pass are answered 503, so it is safe to send again. */
  answer(ports: P, request: CallerRequest<I>): Promise<ApiAnswer>;
}

/** A route without a token, for those who sign what they send. */
export interface OpenRoute<P, I> extends ApiRouteFacts<I> {
  readonly access: 'open';
  /** Throws a `Problem` (401) unless the request is genuine. Called over the raw bytes, before anything is parsed. */
  verify(ports: P, request: UnreadRequest): void | Promise<void>;
  answer(ports: P, request: ApiRequest<I>): Promise<ApiAnswer>;
}

/** One thing that programs outside may ask or do, in one declaration. */
export type ApiRoute<P> = CallerRoute<P, unknown> | OpenRoute<P, unknown>;

/** Declares a route for callers with a token. Throws `TypeError` for a declaration that nobody could use. */
export function defineApiRoute<P, I>(route: Omit<CallerRoute<P, I>, 'access'>): CallerRoute<P, I> {
  requireWhole(route);
  return { ...route, access: 'caller' };
}

/** Declares a route without a token, with its own verification. Throws `TypeError` for a declaration that nobody could use. */
export function defineOpenRoute<P, I>(route: Omit<OpenRoute<P, I>, 'access'>): OpenRoute<P, I> {
  requireWhole(route);
  return { ...route, access: 'open' };
}

const wholePath = /^(\/(:[a-z][A-Za-z]*|[a-z][a-z0-9.-]*))+$/;

function requireWhole({ method, path, input, answers }: ApiRouteFacts<unknown>): void {
  const name = `${method} ${path}`;
  if (!wholePath.test(path)) throw new TypeError(`${name} has no path that could be asked for: lower case, variable parts after a colon`);
  const parts = inputParts(input);
  const variable = path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : []));
  const named = parts.path === undefined ? [] : fieldsOf(parts.path).map((field) => field.name);
  if (variable.toSorted().join() !== named.toSorted().join()) throw new TypeError(`${name}: the input names other parts than the path`);
  if (method === 'GET' && parts.body !== undefined) throw new TypeError(`${name}: a question has no body`);
  if (Object.keys(answers).length === 0) throw new TypeError(`${name} answers nothing`);
}

/** The schemas of the parts of a route's input. Throws `TypeError` for one that is not strict, whose fields could be misspelled unseen. */
export function inputParts(input: z.ZodType): Partial<Record<InputPart, z.ZodType>> {
  requireStrict(input);
  const parts = Object.entries<z.ZodType>(input.shape);
  for (const [part, schema] of parts) {
    if (!isPart(part)) throw new TypeError(`the input of a route has path, query and body, not ${part}`);
    fieldsOf(schema);
  }
  return Object.fromEntries(parts);
}

const inputPartNames = ['path', 'query', 'body'] as const;

type InputPart = (typeof inputPartNames)[number];

function isPart(name: string): name is InputPart {
  return (inputPartNames as readonly string[]).includes(name);
}

function requireStrict(input: z.ZodType): asserts input is z.ZodObject {
  if (!(input instanceof z.ZodObject) || !(input.def.catchall instanceof z.ZodNever))
    throw new TypeError('the input of a route is a strict object');
}
