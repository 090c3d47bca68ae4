import { hostname, userInfo } from 'node:os';
import type { Json } from '../runtime/jobs/job.ts';
import { fieldsOf } from '../http/field.ts';
import type { Actor } from './route.ts';
import type { z } from 'zod';

/** Stands for a value that is not kept. */
const mask = '•••';

/** The input of a route as the audit keeps it: fields with personal data are masked. */
export function maskedInput(schema: z.ZodType, input: unknown): Json {
  const personal = new Set(fieldsOf(schema).flatMap(({ name, isPersonal }) => (isPersonal ? [name] : [])));
  const entries = Object.entries(input as Readonly<Record<string, Json | undefined>>);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, personal.has(name) ? mask : value]])));
}

/** Who acts at the command line with the database's own password. */
export function cliActor(reason: string): Actor {
  return { name: `cli:${userInfo().username}@${hostname()}`, reason };
}
