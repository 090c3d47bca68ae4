import type { Transaction } from '../../connectors/database.ts';
import { writeAudit } from '../audit.ts';
import type { Pattern } from './schedule.ts';

/** A pattern that was replaced by another. */
export interface PatternChange {
  readonly before: Pattern;
  readonly after: Pattern;
}

/** What the process that was started last wants of a schedule. */
export interface WantedPattern extends Pattern {
  /** Name of that process. */
  readonly by: string;
}

interface Row extends Pattern {
  readonly wanted: WantedPattern | null;
}

/**
 * Puts a wanted pattern into force, if it is another one, with its audit. It counts from now: the new pattern does not fire into a
 * past that another one ruled. Undefined when nothing changed.
 */
export async function changePattern(
  transaction: Transaction,
  { name, wanted, now }: { readonly name: string; readonly wanted: WantedPattern; readonly now: Date },
  row: Row,
): Promise<PatternChange | undefined> {
  if (isSame(wanted, row)) {
    await keepWanted(transaction, name, wanted, row);
    return undefined;
  }
  const before = patternOf(row);
  const after = patternOf(wanted);
  await transaction.execute({
    text: `
      UPDATE weir.schedule SET cron = $2, zone = $3, is_enabled = $4, handled_until = greatest(handled_until, $5), wanted = NULL
      WHERE name = $1`,
    values: [name, after.cron, after.zone, after.isEnabled, now],
  });
  await writeAudit(transaction, {
    at: now,
    actor: { name: `daemon:${wanted.by}`, reason: 'the options of a process that was started' },
    role: 'database',
    action: 'schedule.change',
    target: name,
    input: { ...after },
    result: { before: { ...before } },
  });
  return { before, after };
}

/** Writes what is wanted while something that is due waits, over what was wanted before; nothing where it is in force already. */
export async function keepWanted(transaction: Transaction, name: string, wanted: WantedPattern, row: Row): Promise<void> {
  const kept = isSame(wanted, row) ? null : wanted;
  if (kept === null && row.wanted === null) return;
  await transaction.execute({
    name: 'weir-schedule-keep-wanted',
    text: 'UPDATE weir.schedule SET wanted = $2 WHERE name = $1',
    values: [name, kept === null ? null : JSON.stringify(kept)],
  });
}

function patternOf({ cron, zone, isEnabled }: Pattern): Pattern {
  return { cron, zone, isEnabled };
}

function isSame(left: Pattern, right: Pattern): boolean {
  return left.cron === right.cron && left.zone === right.zone && left.isEnabled === right.isEnabled;
}
