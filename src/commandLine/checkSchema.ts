import { schemaState, type SchemaState } from '../connectors/postgres/schemaState.ts';
import type { Queryable } from '../connectors/database.ts';
import { WeirError } from '../errors.ts';

/** How the database's schema stands, where this Weir may run on it. Throws `schemaMismatch`, with what to do, where it may not. */
export async function checkSchema(database: Queryable, directory: string): Promise<SchemaState> {
  const state = await schemaState(database, directory);
  const { kind, names } = state;
  if (kind === 'behind') throw new WeirError('schemaMismatch', `the database lacks ${names.join(', ')}: run weir migrate`);
  if (kind === 'incompatible') {
    throw new WeirError('schemaMismatch', `a newer Weir changed the database (${names.join(', ')}) and forbids this one: upgrade it`);
  }
  return state;
}
