import pg from 'pg';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { clientConfig } from '../../../src/connectors/postgres/clientConfig.ts';
import { databaseSettings } from '../../../src/connectors/postgres/databaseOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aDatabase } from '../../support/services.ts';
import { open } from './aPostgres.ts';

/** What every connection has. */
const ours = {
  plan_cache_mode: 'force_custom_plan',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  search_path: 'public',
  statement_timeout: '10s',
  lock_timeout: '3s',
  idle_in_transaction_session_timeout: '15s',
  application_name: 'weir',
};

let url: string;

beforeAll(async () => {
  url = await aDatabase();
});

/** The settings of a connection that is opened with these parameters of the URL. */
async function shown(parameters: string, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const text = 'SELECT name, current_setting(name) AS setting FROM unnest($1::text[]) AS name';
  const rows = await open(`${url}?${parameters}`).query<{ name: string; setting: string }>({ text, values: [names] });
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

test.each([
  ['options=-c work_mem=64MB', { work_mem: '64MB' }],
  ['options=-c%20work_mem%3D64MB', { work_mem: '64MB' }],
  ['options=-c+work_mem=64MB&options=-c+geqo=off', { work_mem: '64MB', geqo: 'off' }],
  ['options=--work_mem=64MB&sslmode=disable', { work_mem: '64MB' }],
  ['options=-c plan_cache_mode=force_generic_plan', {}],
  ['%6Fptions=-c%20plan_cache_mode=force_generic_plan#', {}],
  ['options=-c TimeZone=Asia/Seoul -c DateStyle=SQL -c search_path=other', {}],
  ['options=-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c application_name=x', {}],
  ['statement_timeout=0', {}],
  ['statement_timeout=0&lock_timeout=0&idle_in_transaction_session_timeout=0&application_name=x&query_timeout=1', {}],
])('a URL with %s gets what it asks for only where we ask for nothing', async (parameters, theirs: Record<string, string>) => {
  const expected = { ...ours, ...theirs };
  expect(await shown(parameters, Object.keys(expected))).toEqual(expected);
});

test('parsers stay ours whatever the URL says', async () => {
  expect(await open(`${url}?binary=true&client_encoding=latin1`).query("SELECT 1::bigint AS one, '가' AS text")).toEqual([
    { one: 1n, text: '가' },
  ]);
});

describe('what says where the server is and how the line is secured', () => {
  const clientOf = (text: string): pg.Client => new pg.Client(clientConfig(databaseSettings({ url: text, clock: realClock })));

  it.each([
    'postgres://kim:p%40ss@db.example:6432/bills',
    'postgres://kim:p ss%@db.example/bills?statement_timeout=0&sslmode=no-verify',
    'postgres://kim@/bills?host=/var/run/postgresql&port=5433&options=x',
    'postgresql:///bills?user=kim&password=a%26b&host=%2Fvar%2Frun',
    'socket://kim:pass@/var/run/postgresql?db=bills&encoding=utf8',
    '/var/run/postgresql bills',
    'postgres://db.example/bills?ssl=true',
    'postgres://db.example/bills?ssl=0',
    'postgres://db.example/bills?ssl=no-verify',
    'postgres://db.example/bills?channel_binding=require&sslmode=verify-full&sslnegotiation=direct',
    'postgres://db.example/bills?sslmode=require&uselibpqcompat=true',
    `postgres://db.example/bills?sslrootcert=${import.meta.filename}&sslmode=verify-full`,
  ])('is read of %s as pg reads it', (text) => {
    const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: text });
    expect(clientOf(text)).toMatchObject({ host, port, user, password, database, ssl });
  });
});
