import type { Transaction } from '../connectors/database.ts';
import { cliActor } from '../console/audit.ts';
import { writeAudit } from '../runtime/audit.ts';
import type { Json } from '../runtime/jobs/job.ts';
import type { CommonFlags, Place } from './context.ts';
import { onDatabase } from './onDatabase.ts';

/** Changes something that bears a name, directly in the database: in one transaction with its audit row. */
export async function auditedChange<P, T>(
  place: Place<P>,
  flags: CommonFlags & { readonly name: string; readonly reason: string },
  action: string,
  input: Json,
  work: (transaction: Transaction, at: Date, by: string) => Promise<T>,
): Promise<T> {
  const at = place.clock.now();
  const actor = cliActor(flags.reason);
  return onDatabase(place, flags, (database) =>
    database.withTransaction(async (transaction) => {
      const done = await work(transaction, at, actor.name);
      await writeAudit(transaction, { at, actor, role: 'database', action, target: flags.name, input, result: null });
      return done;
    }),
  );
}
