import type { Queryable } from '../connectors/database.ts';
import type { Json } from './jobs/job.ts';

/** What was done, by whom and why. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: { readonly name: string; readonly reason: string };
  /** Of the actor's token; `database` for whoever uses the database directly. */
  readonly role: 'viewer' | 'operator' | 'admin' | 'database';
  readonly action: string;
  /** What it acted on. */
  readonly target: string | undefined;
  /** Without personal data. */
  readonly input: Json;
  readonly result: Json;
}

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
