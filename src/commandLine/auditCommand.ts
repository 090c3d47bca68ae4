import { cliActor } from '../console/audit.ts';
import type { Database } from '../connectors/database.ts';
import { writeAudit } from '../runtime/audit.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { noReason } from './commonFlags.ts';
import type { Place } from './context.ts';

/** What a command does to the database. */
export interface AuditedCommand {
  readonly action: string;
  readonly target: string;
  readonly reason: string | undefined;
  readonly input: Json;
  readonly result: Json;
}

/** Writes the audit row of a command that uses the database directly, in a transaction of its own. */
export async function auditCommand<P>(place: Pick<Place<P>, 'clock'>, database: Database, command: AuditedCommand): Promise<void> {
  const { reason = noReason, ...entry } = command;
  const row = { at: place.clock.now(), actor: cliActor(reason), role: 'database', ...entry } as const;
  await database.withTransaction((transaction) => writeAudit(transaction, row));
}
