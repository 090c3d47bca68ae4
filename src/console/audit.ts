import { hostname, userInfo } from 'node:os';
import type { Queryable } from '../connectors/database.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { fieldsOf } from './field.ts';
import type { Actor, Role } from './route.ts';
import type { z } from 'zod';

/** What was done, by whom and why. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: Actor;
  /** Of the token; `database` for a command that uses the database directly. */
  readonly role: Role | 'database';
  readonly action: string;
  /** What it acted on. */
  readonly target: string | undefined;
  /** Without personal data: `maskedInput`. */
  readonly input: Json;
  readonly result: Json;
}

/** Stands for a value that is not kept. */
const mask = '•••';

/** Writes the row of an action; give it the transaction that does the action. */
export async function writeAudit(transaction: Queryable, entry: AuditEntry): Promise<void> {
  const { at, actor, role, action, target, input, result } = entry;
  await transaction.execute({
    name: 'weir-audit-write',
    text: `
      INSERT INTO weir.audit (at, actor, role, action, target, reason, input, result)
      VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb)`,
    values: [at, actor.name, role, action, target ?? null, actor.reason, JSON.stringify(input), JSON.stringify(result)],
  });
}

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
