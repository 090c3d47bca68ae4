import type { Queryable } from '../../../src/connectors/database.ts';

/** Every row of every table and partition of ours as text, sorted, by the name of its table. */
export async function everyRow(database: Queryable): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await database.query<{ name: string }>(`
    SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema$)' ORDER BY name`);
  const contents = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await database.query<{ row: string }>(`SELECT content::text AS row FROM ${name} AS content ORDER BY row`);
      return [name, rows.map(({ row }) => row)] as const;
    }),
  );
  return Object.fromEntries(contents);
}
