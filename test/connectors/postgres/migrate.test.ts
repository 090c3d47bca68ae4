import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { migrate, type MigrateOptions } from '../../../src/connectors/postgres/migrate.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { schemaState } from '../../../src/connectors/postgres/schemaState.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { open } from './aPostgres.ts';

const house = 'CREATE SCHEMA IF NOT EXISTS weir; CREATE TABLE weir.schema_compatibility (name text PRIMARY KEY, reason text NOT NULL);';
let url: string;
let database: PostgresDatabase;
let directory: string;

beforeEach(async () => {
  url = await aDatabase();
  database = open(url);
  directory = await aFolder();
  await file('0001_house.sql', house);
  await file('README.md', 'not a migration');
});

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-migrations-'));
  atTheEnd(() => rm(folder, { recursive: true }));
  return folder;
}

const file = (name: string, text: string, folder = directory): Promise<void> => writeFile(join(folder, name), text);
const run = (options: Partial<MigrateOptions> = {}): Promise<readonly string[]> =>
  migrate({ url, clock: realClock, directory, ...options });
const tables = async (): Promise<readonly unknown[]> =>
  (await database.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")).map(
    ({ relname }) => relname,
  );

test('what is missing is applied in the order of the numbers, told as it goes, and not applied again', async () => {
  await file('0200_b.sql', '-- Up Migration\nCREATE TABLE b (a_id bigint REFERENCES a);');
  await file('0100_a.sql', '-- Up Migration\nCREATE TABLE a (id bigint PRIMARY KEY);');
  const told: string[] = [];
  expect(await run({ onApplied: (name) => told.push(name) })).toEqual(['0001_house', '0100_a', '0200_b']);
  expect(told).toEqual(['0001_house', '0100_a', '0200_b']);
  expect(await tables()).toEqual(['a', 'b']);
  expect(await run()).toEqual([]);
});

test('a domain’s new migration is applied although a higher number of another domain was before it', async () => {
  await file('0200_b.sql', 'CREATE TABLE b ();');
  await run();
  await file('0101_a.sql', 'CREATE TABLE a ();');
  expect(await run()).toEqual(['0101_a']);
});

test('a migration that fails leaves nothing of itself, is told by name, and those before it stay', async () => {
  await file('0100_a.sql', 'CREATE TABLE a ();');
  await file('0101_bad.sql', 'CREATE TABLE half (); CREATE TABLE half ();');
  await expect(run()).rejects.toMatchObject({
    code: 'defect',
    message: expect.stringMatching(/^Migration 0101_bad failed: .*"half" already exists/) as string,
  });
  expect(await tables()).toEqual(['a']);
  await file('0101_bad.sql', 'CREATE TABLE whole ();');
  expect(await run()).toEqual(['0101_bad']);
});

test('several migrators at once apply everything once, also an index that is built concurrently', async () => {
  await file('0100_a.sql', 'CREATE TABLE a (id bigint);');
  await file('0101_index.ts', 'export const up = (pgm) => { pgm.noTransaction(); pgm.sql("CREATE INDEX CONCURRENTLY a_id ON a (id)"); };');
  const applied = await Promise.all([run(), run(), run()]);
  expect(applied.flat().sort()).toEqual(['0001_house', '0100_a', '0101_index']);
  expect(await schemaState(database, directory)).toEqual({ kind: 'current', names: [] });
});

test('a migrator that does not end is not waited for without limit', async () => {
  const held = Promise.withResolvers<undefined>();
  const { PG_MIGRATE_LOCK_ID } = await import('node-pg-migrate');
  const inside = Promise.withResolvers<undefined>();
  const holder = database.withTransaction(async (transaction) => {
    await transaction.query(`SELECT pg_advisory_xact_lock(${PG_MIGRATE_LOCK_ID})`);
    inside.resolve(undefined);
    await held.promise;
  });
  await inside.promise;
  await expect(run({ waitLimitMs: 100 })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('Another migration') as string,
  });
  held.resolve(undefined);
  await holder;
  expect(await run()).toEqual(['0001_house']);
});

test('a table that is in use is waited for, again and again, without stopping its traffic', async () => {
  await file('0100_a.sql', 'CREATE TABLE a (id bigint);');
  await run();
  await file('0101_b.sql', 'ALTER TABLE a ADD COLUMN b bigint;');
  const [inside, held] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const holder = database.withTransaction(async (transaction) => {
    await transaction.query('LOCK TABLE a IN ROW EXCLUSIVE MODE');
    inside.resolve(undefined);
    await held.promise;
  });
  await inside.promise;
  const migrating = run({ lockLimitMs: 50 });
  const waits = async (isWaiting: boolean): Promise<boolean> => {
    const rows = await database.query("SELECT 1 FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted");
    return rows.length > 0 === isWaiting;
  };
  await until('it waits', () => waits(true));
  await until('it gives way', () => waits(false));
  await until('it tries again', () => waits(true));
  held.resolve(undefined);
  await holder;
  expect(await migrating).toEqual(['0101_b']);
});

test('a migrator whose backend is killed fails with an error, and the process lives', async () => {
  await file('0100_slow.sql', 'SELECT pg_sleep(20);');
  const migrating = expect(run()).rejects.toMatchObject({
    code: 'outcomeUnknown',
    message: expect.stringContaining('0100_slow') as string,
  });
  const text =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()";
  await until('it is killed', async () => (await database.query(text)).length > 0);
  await migrating;
});

test('the state tells what is missing, what is more, and what this program must not run on', async () => {
  expect(await schemaState(database, directory)).toEqual({ kind: 'behind', names: ['0001_house'] });
  await run();
  expect(await schemaState(database, directory)).toEqual({ kind: 'current', names: [] });
  const newer = await aFolder();
  await file('0001_house.sql', house, newer);
  await file('0300_expand.sql', 'CREATE TABLE c ();', newer);
  await run({ directory: newer });
  expect(await schemaState(database, directory)).toEqual({ kind: 'ahead', names: ['0300_expand'] });
  await file('0301_contract.sql', "INSERT INTO weir.schema_compatibility VALUES ('0301_contract', 'c is gone'); DROP TABLE c;", newer);
  await run({ directory: newer });
  expect(await schemaState(database, directory)).toEqual({ kind: 'incompatible', names: ['0301_contract'] });
  await expect(run()).rejects.toMatchObject({ code: 'schemaMismatch' });
  expect(await schemaState(database, newer)).toEqual({ kind: 'current', names: [] });
});

test('the house’s own migrations are applied to an empty database, and again, without a change', async () => {
  const own = join(import.meta.dirname, '../../../migrations');
  expect(await run({ directory: own })).toContain('0001_weir');
  expect(await run({ directory: own })).toEqual([]);
  expect(await schemaState(database, own)).toEqual({ kind: 'current', names: [] });
});
