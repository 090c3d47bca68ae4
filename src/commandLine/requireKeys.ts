import type { Database } from '../connectors/database.ts';
import { codeOf, kindOf, textOf, WeirError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { missingKeys } from '../message/encryption.ts';
import { parseKeyRing } from '../message/keyRing.ts';
import { lackedKeys } from '../runtime/keys/lackedKeys.ts';
import type { ProcessOptions } from './joinedOptions.ts';
import type { System } from '../system.ts';

/**
 * Throws `keyMissing`, with what to do, when personal data stands under a key that this process has not: every message about it
 * would wait here. A question that is not answered, since the tables are too large or the database is away, is no reason to stand
 * still: whoever meets such a key waits then.
 */
export async function requireKeys(
  database: Database,
  { keys }: Pick<ProcessOptions, 'keys'>,
  { encrypted }: Pick<System<never>, 'encrypted'>,
  log: Logger,
): Promise<void> {
  const lacked = await lackedKeys(database, parseKeyRing(keys.ring), encrypted).catch((error: unknown) => {
    if (kindOf(error) === 'defect') throw error;
    log.warn('nobody can tell which keys are in use', { code: codeOf(error), error: textOf(error) });
    return [];
  });
  if (lacked.length > 0) throw new WeirError('keyMissing', missingKeys(lacked));
}
