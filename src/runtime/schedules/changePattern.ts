import type { Transaction } from '../../connectors/database.ts';
import type { Pattern } from './schedule.ts';

/** A pattern that was replaced by another. */
export interface PatternChange {
  readonly before: Pattern;
  readonly after: Pattern;
}

interface ChangeRequest {
  readonly schedule: { readonly name: string };
  readonly wanted: Pattern | undefined;
  readonly now: Date;
  readonly holder: string;
}

/**
 * Writes what this process wants into the schedule's row, if that is something else, with its audit. It counts from now: the new
 * pattern does not fire into a past that another one ruled. Undefined when nothing changed.
 */
export async function changePattern(
  transaction: Transaction,
  { schedule, wanted, now, holder }: ChangeRequest,
  row: Pattern,
): Promise<PatternChange | undefined> {
  if (wanted === undefined || isSame(wanted, row)) return undefined;
  const before = { cron: row.cron, zone: row.zone, isEnabled: row.isEnabled };
  await transaction.execute({
    text: `
      UPDATE weir.schedule SET cron = $2, zone = $3, is_enabled = $4, handled_until = greatest(handled_until, $5) WHERE name = $1`,
    values: [schedule.name, wanted.cron, wanted.zone, wanted.isEnabled, now],
  });
  await transaction.execute({
    text: `
      INSERT INTO weir.audit (at, actor, role, action, target, reason, input, result)
      VALUES ($1, $2, 'database', 'schedule.change', $3, 'the options of a process that was started', $4, $5)`,
    values: [now, `daemon:${holder}`, schedule.name, JSON.stringify(wanted), JSON.stringify({ before })],
  });
  return { before, after: wanted };
}

function isSame(left: Pattern, right: Pattern): boolean {
  return left.cron === right.cron && left.zone === right.zone && left.isEnabled === right.isEnabled;
}
