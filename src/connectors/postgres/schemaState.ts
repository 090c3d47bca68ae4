import type { Queryable } from '../database.ts';
import { migrationNames } from './migrationNames.ts';

/**
 * How the database's schema stands to the migrations of this program.
 *
 * - `current`: the same.
 * - `behind`: these are not applied yet: migrate first.
 * - `ahead`: a newer program applied these as well; this one still runs on them.
 * - `incompatible`: a newer program applied these and says that no program may run that does not know them.
 */
export interface SchemaState {
  readonly kind: 'current' | 'behind' | 'ahead' | 'incompatible';
  /** The migrations that make the difference. */
  readonly names: readonly string[];
}

/** Compares what was applied to the database with the files of a folder. Changes nothing; works on an empty database. */
export async function schemaState(database: Queryable, directory: string): Promise<SchemaState> {
  const known = new Set(await migrationNames(directory));
  const applied = await namesIn(database, 'weir.migrations', 'SELECT name FROM weir.migrations ORDER BY id');
  const required = await namesIn(database, 'weir.schema_compatibility', 'SELECT name FROM weir.schema_compatibility ORDER BY name');
  const missing = [...known].filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !known.has(name));
  const incompatible = required.filter((name) => !known.has(name));
  if (incompatible.length > 0) return { kind: 'incompatible', names: incompatible };
  if (missing.length > 0) return { kind: 'behind', names: missing };
  return unknown.length > 0 ? { kind: 'ahead', names: unknown } : { kind: 'current', names: [] };
}

async function namesIn(database: Queryable, table: string, text: string): Promise<readonly string[]> {
  const [found] = await database.query<{ exists: boolean }>({ text: 'SELECT to_regclass($1) IS NOT NULL AS exists', values: [table] });
  if (found?.exists !== true) return [];
  return (await database.query<{ name: string }>(text)).map(({ name }) => name);
}
