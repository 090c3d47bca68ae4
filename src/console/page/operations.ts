import { readDocument } from './api.ts';
import type { Role } from './session.ts';

/** One thing that the API answers or does, as its document describes it. */
export interface Operation {
  /** `group.verb` */
  readonly name: string;
  readonly summary: string;
  readonly role: Role;
  /** A look is a question that is answered for a reason only, and written down. */
  readonly kind: 'question' | 'action' | 'look';
  /** In their order, without the reason. */
  readonly fields: readonly Field[];
}

/** Something that an operation is given. */
export interface Field {
  readonly name: string;
  readonly about: string;
  readonly kind: 'text' | 'number' | 'flag' | 'choice';
  readonly choices: readonly string[];
  readonly isRequired: boolean;
  /** As it stands in a form. */
  readonly preset: string;
  readonly least?: number;
  readonly most?: number;
}

export type Operations = ReadonlyMap<string, Operation>;

/** What there is to ask and do. */
export async function loadOperations(): Promise<Operations> {
  const { paths } = await readDocument<OpenApi>();
  const operations = Object.entries(paths).flatMap(([path, { post }]) => {
    const [, group, verb] = /^\/api\/([a-z-]+)\/([a-z-]+)$/.exec(path) ?? [];
    // What has no role, as logging in, is no button.
    if (post?.['x-weir-role'] === undefined || group === undefined || verb === undefined) return [];
    return [operationOf(`${group}.${verb}`, post)];
  });
  return new Map(operations.map((operation) => [operation.name, operation]));
}

function operationOf(name: string, post: Post): Operation {
  const { properties = {}, required = [] } = post.requestBody?.content['application/json'].schema ?? {};
  const fields = Object.entries(properties).filter(([field]) => field !== 'reason');
  return {
    name,
    summary: post.summary,
    role: post['x-weir-role'],
    kind: post['x-weir-kind'],
    fields: fields.map(([field, schema]) => fieldOf(field, schema, required.includes(field))),
  };
}

function fieldOf(name: string, schema: FieldSchema, isRequired: boolean): Field {
  const { description = '', enum: choices, type, default: preset, minimum, maximum } = schema;
  const kinds: Readonly<Record<string, Field['kind']>> = { boolean: 'flag', integer: 'number', number: 'number' };
  return {
    name,
    about: description,
    kind: choices === undefined ? (kinds[type ?? ''] ?? 'text') : 'choice',
    choices: choices ?? [],
    isRequired: isRequired && preset === undefined,
    preset: preset === undefined ? '' : String(preset),
    ...(minimum === undefined ? {} : { least: minimum }),
    // A number without a bound is described by the largest that there is.
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? {} : { most: maximum }),
  };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly post?: Partial<Pick<Post, 'x-weir-role'>> & Post }>>;
}

interface Post {
  readonly summary: string;
  readonly 'x-weir-role': Role;
  readonly 'x-weir-kind': Operation['kind'];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: BodySchema } } };
}

interface BodySchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}
