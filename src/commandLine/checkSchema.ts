import { schemaState } from '../connectors/postgres/schemaState.ts';
import type { Queryable } from '../connectors/database.ts';
import { WeirError } from '../errors.ts';

/** Throws `schemaMismatch`, with what to do, when the database's schema does not fit this Weir. */
export async function checkSchema(database: Queryable, directory: string): Promise<void> {
  const { kind, names } = await schemaState(database, directory);
  if (kind === 'behind') throw new WeirError('schemaMismatch', `the database lacks ${names.join(', ')}: run weir migrate`);
  if (kind === 'incompatible') {
    throw new WeirError('schemaMismatch', `a newer Weir changed the database (${names.join(', ')}) and forbids this one: upgrade it`);
  }
}
