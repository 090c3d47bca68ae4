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

const facts = z.registry<OptionFacts>();

/** Declares an option: its check and default from the schema, its facts beside it. */
export function option<T extends z.ZodType>(schema: T, about: OptionFacts): T {
  facts.add(schema, about);
  return schema;
}

/** One leaf of a tree of options. */
export interface Leaf extends OptionFacts {
  /** `database.maxConnections` */
  readonly path: string;
  readonly schema: z.ZodType;
}

/** Every leaf of a schema, in its order. A leaf without facts is a mistake in its declaration. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): readonly Leaf[] {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? (schema.unwrap() as z.ZodType) : schema;
  const about = facts.get(schema) ?? facts.get(inner);
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
