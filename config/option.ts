import { z } from 'zod';

/** What people need to know about an option besides its default and check. */
export interface OptionFacts {
  /** One sentence: what it does, what too small and too large do. */
  readonly about: string;
  /** ms, bytes, messages, connections, … ; absent for what has none. */
  readonly unit?: string;
  /** Masked wherever it is shown; may also be given by a file (`…_FILE`). */
  readonly isSecret?: boolean;
}

/** Declares an option: its check and default from the schema, its facts beside it. */
export function option<T extends z.ZodType>(schema: T, { about, ...facts }: OptionFacts): T {
  return schema.meta({ ...facts, description: about });
}

function factsOf(schema: z.ZodType): OptionFacts | undefined {
  const { description, unit, isSecret } = schema.meta() ?? {};
  if (description === undefined) return undefined;
  return { about: description, ...(typeof unit === 'string' ? { unit } : {}), ...(isSecret === true ? { isSecret } : {}) };
}

/** One leaf of a tree of options. */
export interface Leaf extends OptionFacts {
  /** `database.maxConnections` */
  readonly path: string;
  readonly schema: z.ZodType;
}

/** Every leaf of a schema, in its order; those with a description (`meta({ description, unit })`). A leaf without one is a mistake. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): readonly Leaf[] {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? (schema.unwrap() as z.ZodType) : schema;
  const about = factsOf(schema) ?? factsOf(inner);
  if (about) return [{ ...about, path: path.join('.'), schema }];
  if (!(inner instanceof z.ZodObject)) throw new TypeError(`option ${path.join('.')} has no description`);
  return Object.entries(inner.shape).flatMap(([name, child]) => leavesOf(child as z.ZodType, [...path, name]));
}

/** The environment variable of an option: `database.maxConnections` is `WEIR_DATABASE_MAX_CONNECTIONS`. */
export function variableOf(path: string): string {
  return `WEIR_${path
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}
