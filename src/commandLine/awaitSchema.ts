import type { PostgresDatabase } from '../connectors/postgres/openDatabase.ts';
import { codeOf, kindOf, textOf, WeirError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { backOffMs } from '../message/backOff.ts';
import type { Clock } from '../message/clock.ts';
import { pause } from '../message/pause.ts';
import { checkSchema } from './checkSchema.ts';

const waiting = { firstMs: 500, maxMs: 10_000 };

/**
 * Waits until the database answers, saying so, and checks that its schema fits. Throws `schemaMismatch` and defects, which waiting
 * does not cure, and `cancelled` when `stop` is aborted. What refuses us (a password, a database that is not there) is waited for
 * too: it may be set right on the other side.
 */
export async function awaitSchema(
  database: PostgresDatabase,
  directory: string,
  { clock, log, stop }: { readonly clock: Clock; readonly log: Logger; readonly stop: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await checkSchema(database, directory);
      return;
    } catch (error) {
      if (codeOf(error) === 'schemaMismatch' || kindOf(error) === 'defect') throw error;
      const delayMs = Math.round(backOffMs(waiting, attempt, clock));
      log.warn('waiting for the database', { code: codeOf(error), error: textOf(error), delayMs });
      await pause(clock, delayMs, stop);
      if (stop.aborted) throw new WeirError('cancelled', 'stopped while waiting for the database');
    }
  }
}
