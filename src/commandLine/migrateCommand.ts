import { migrate } from '../connectors/postgres/migrate.ts';
import type { PostgresDatabase } from '../connectors/postgres/openDatabase.ts';
import { schemaState } from '../connectors/postgres/schemaState.ts';
import { auditCommand } from './auditCommand.ts';
import { print, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { openBus } from './openBus.ts';
import { databaseOrigin, openDatabaseOf } from './openHouse.ts';

export interface MigrateFlags extends CommonFlags {
  readonly reason?: string;
}

/** `weir migrate`: brings the database's schema up to this Weir, and makes the topics. Repeatable. */
export async function migrateCommand<P>(place: Place<P>, flags: MigrateFlags): Promise<ExitCode> {
  const { options, log } = ready(place, flags);
  const { database } = options.process;
  const own = openDatabaseOf(options.process, place.clock, log);
  const applied = await audited(place, own, flags, () =>
    migrate({ url: database.url, origin: databaseOrigin, clock: place.clock, directory: place.migrations }),
  ).finally(() => own.close());
  const bus = openBus(options.process, place.clock, log);
  const topics = place.systems.topics.flatMap(({ name, deadLetters }) => [name, deadLetters]);
  try {
    await bus.provide(place.systems.topics);
  } finally {
    await bus.close();
  }
  print(place, flags, { applied, topics }, () => (applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`));
  return exitCodes.ok;
}

/**
 * Migrates with an audit row of what it sets out to apply: before it does, since it may be killed, or afterwards where it makes the
 * audit's table. None where nothing is missing.
 */
async function audited<P>(
  place: Place<P>,
  database: PostgresDatabase,
  { reason }: MigrateFlags,
  apply: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { kind, names } = await schemaState(database, place.migrations);
  if (kind !== 'behind') return apply();
  const audit = (state: string, migrations: readonly string[]): Promise<void> =>
    auditCommand(place, database, { action: 'migrate', target: 'schema', reason, input: { migrations }, result: { state } });
  const [table] = await database.query<{ isThere: boolean }>(`SELECT to_regclass('weir.audit') IS NOT NULL AS "isThere"`);
  if (table?.isThere === true) {
    await audit('begun', names);
    return apply();
  }
  const applied = await apply();
  if (applied.length > 0) await audit('done', applied);
  return applied;
}
