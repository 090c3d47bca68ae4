import { randomUUID } from 'node:crypto';
import { lastValueFrom, of } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { mapChunk } from '../../../operators/mapChunk.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { migrate } from '../../../src/connectors/postgres/migrate.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { anOpen, aRun } from '../../support/aRun.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDatabase } from '../../support/services.ts';
import { open } from './aPostgres.ts';

const role = `weir_${randomUUID().slice(0, 8)}`;
let owner: PostgresDatabase;
let url: URL;
let guest: PostgresDatabase;

function as(password: string, name = url.pathname): string {
  const other = new URL(url);
  other.username = role;
  other.password = password;
  other.pathname = name;
  return other.href;
}

beforeAll(async () => {
  url = new URL(await aDatabase());
  owner = open(url.href);
  await owner.execute(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`);
  atTheEnd(() => owner.execute(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  await owner.execute('CREATE SCHEMA books; CREATE TABLE books.entry (id bigint)');
  guest = open(as('right'));
});

describe('a server that refuses us', () => {
  test.each([
    ['a wrong password', () => as('s3cret-wrong'), '28P01', 'password authentication failed'],
    ['a database that is not there', () => as('right', 's3cret'), '3D000', 'database "s3cret" does not exist'],
  ])('(%s) says where and as whom it was tried and where that is set, never the password', async (_what, wrong, state, said) => {
    const origin = 'database.url (WEIR_DATABASE_URL)';
    const found = [
      await open(wrong(), { origin }).query('SELECT 1').catch(String),
      await migrate({ url: wrong(), origin, clock: realClock, directory: '/' }).catch(String),
    ];
    for (const text of found) {
      expect(text).toContain(`(${state}): `);
      expect(text).toContain(said);
      expect(text).toContain(`Tried at ${url.hostname}:${url.port}, user ${role}, database`);
      expect(text).toContain(`see ${origin}.`);
      expect(text).not.toContain('s3cret-wrong');
    }
  });
});

describe('what no message is to blame for', () => {
  async function written(statement: string): Promise<{ readonly error: unknown; readonly letters: number }> {
    const run = aRun();
    const write = async (values: readonly number[]): Promise<readonly number[]> => {
      await guest.execute({ text: statement, values: [values] });
      return values;
    };
    const message$ = of(anOpen(1, { run }), anOpen(2, { run })).pipe(mapChunk(write, { size: 2, maxWaitMs: 0 }));
    const error: unknown = await lastValueFrom(message$, { defaultValue: undefined }).catch((thrown: unknown) => thrown);
    return { error, letters: run.deadLetters.length };
  }

  const insert = 'INSERT INTO books.entry SELECT unnest($1::bigint[])';

  test.each([
    ['a right on a schema', insert, 'refused', 'PostgreSQL: this user lacks a right (42501): permission denied for schema books.'],
    [
      'a table',
      'INSERT INTO books.page SELECT unnest($1::bigint[])',
      'schemaMismatch',
      'PostgreSQL: the schema is not the one that this program knows (42P01): relation "books.page" does not exist.',
    ],
    [
      'a column',
      'INSERT INTO public.leaf (number) SELECT unnest($1::bigint[])',
      'schemaMismatch',
      'PostgreSQL: the schema is not the one that this program knows (42703): column "number" of relation "leaf" does not exist.',
    ],
  ])('(%s that is missing) errors the chain, names it, and puts nothing aside', async (what, statement, code, message) => {
    if (what === 'a column') await owner.execute(`CREATE TABLE public.leaf (id bigint); GRANT ALL ON public.leaf TO ${role}`);
    if (what === 'a table') await owner.execute(`GRANT USAGE ON SCHEMA books TO ${role}`);
    const { error, letters } = await written(statement);
    expect(error).toMatchObject({ code, kind: 'transient', message });
    expect(letters).toBe(0);
  });

  test('(a right on a table that is missing) is worked on once it is given', async () => {
    expect((await written(insert)).error).toMatchObject({ message: expect.stringContaining('table entry') as string });
    await owner.execute(`GRANT INSERT ON books.entry TO ${role}`);
    expect((await written(insert)).letters).toBe(0);
    expect(await owner.query('SELECT id FROM books.entry ORDER BY id')).toEqual([{ id: 1n }, { id: 2n }]);
  });
});
