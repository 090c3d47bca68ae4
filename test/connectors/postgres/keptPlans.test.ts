import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Queryable } from '../../../src/connectors/database.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { open } from './aPostgres.ts';

let url: string;
let database: PostgresDatabase;

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
  await database.execute(`
    CREATE TABLE bill (month date NOT NULL, id bigint NOT NULL, state text NOT NULL, PRIMARY KEY (id, month)) PARTITION BY RANGE (month);
    CREATE TABLE bill_2026_10 PARTITION OF bill FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
    CREATE TABLE bill_2026_11 PARTITION OF bill FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')`);
});

beforeEach(() =>
  database.execute("TRUNCATE bill; INSERT INTO bill SELECT '2026-11-01', id, 'PENDING' FROM generate_series(1, 1000) AS id"),
);

const take = {
  name: 'take',
  text: `
    WITH held AS (
      SELECT month, id FROM bill WHERE month BETWEEN $1::date AND $2::date AND id = ANY ($3::bigint[]) ORDER BY id FOR UPDATE)
    UPDATE bill SET state = 'TAKEN' FROM held
    WHERE bill.id = held.id AND bill.month = held.month AND bill.month BETWEEN $1::date AND $2::date`,
  values: ['2026-11-01', '2026-11-01', [1, 2, 3, 4, 5]],
};

/** Takes five bills while another transaction, which waits until somebody waits for it, has written the first one anew. */
async function takeBeside(session: Queryable): Promise<number> {
  const written = Promise.withResolvers<undefined>();
  const other = database.withTransaction(async (transaction) => {
    await transaction.execute('UPDATE bill SET state = state WHERE id = 1');
    written.resolve(undefined);
    await until('the other waits', async () => (await lockWaits(database)) > 0);
  });
  await written.promise;
  const taken = await session.execute(take);
  await other;
  return taken;
}

test('a named statement that waited for a row of a partition writes that row and every other one, whatever plans the server prefers', async () => {
  const [{ name } = { name: '' }] = await database.query<{ name: string }>('SELECT current_database() AS name');
  await database.execute(`ALTER DATABASE "${name}" SET plan_cache_mode = force_generic_plan`);
  expect(await takeBeside(open(url))).toBe(5);
});

// What the setting `plan_cache_mode` of every connection is for (docs/adr/0012). When this fails, PostgreSQL has been mended.
test('with a plan that the server keeps, PostgreSQL 18 leaves rows out', async () => {
  const taken = await database.withTransaction(async (transaction) => {
    await transaction.execute('SET LOCAL plan_cache_mode = force_generic_plan');
    return takeBeside(transaction);
  });
  expect(taken).toBeLessThan(5);
});
