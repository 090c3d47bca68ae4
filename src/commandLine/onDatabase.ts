import type { Database } from '../connectors/database.ts';
import { codeOf } from '../errors.ts';
import { checkSchema } from './checkSchema.ts';
import { ready, type CommonFlags, type Place, type Ready } from './context.ts';
import { openDatabaseOf } from './openHouse.ts';

/** Asks the database; where it lacks what is asked for, says what is to be done about that. */
export async function onDatabase<P, T>(
  place: Place<P>,
  flags: CommonFlags,
  ask: (database: Database, options: Ready['options']) => Promise<T>,
): Promise<T> {
  const { options, log } = ready(place, flags);
  const database = openDatabaseOf(options.process, place.clock, log);
  try {
    return await ask(database, options);
  } catch (error) {
    if (codeOf(error) === 'schemaMismatch') await checkSchema(database, place.migrations);
    throw error;
  } finally {
    await database.close();
  }
}
