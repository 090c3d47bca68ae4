import { expect, test } from 'vitest';
import { isRead, toQuery } from '../../../src/connectors/postgres/statement.ts';

test.each([
  ['SELECT 1', true],
  ['\n  -- the members\n  /* of\n a page */ select * from member', true],
  ['WITH a AS (SELECT 1) SELECT * FROM a', true],
  ['VALUES (1)', true],
  ['SHOW timezone', true],
  ['WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone', false],
  ['SELECT * INTO b FROM a', false],
  ["SELECT nextval('a')", false],
  ['SELECT * FROM a FOR UPDATE', false],
  ['INSERT INTO a VALUES (1)', false],
  ['UPDATE a SET b = 1', false],
  ['MERGE INTO a USING b ON true WHEN MATCHED THEN DO NOTHING', false],
  ['CREATE TABLE a ()', false],
  ['CALL a()', false],
])('%s: is a read: %s', (text, expected) => {
  expect(isRead(text)).toBe(expected);
});

test.each(['SAVEPOINT a', 'ROLLBACK TO a', 'ROLLBACK TO SAVEPOINT a', 'PREPARE a AS SELECT 1', 'SELECT 1 AS commit', 'DO $$ BEGIN END $$'])(
  '%s begins and ends no transaction',
  (text) => {
    expect(toQuery(text)).toEqual({ text });
  },
);

test.each(['begin', 'START TRANSACTION', 'commit;', 'END', 'ABORT', 'ROLLBACK', '/* a */ -- b\n COMMIT AND CHAIN'])(
  '%s is refused',
  (text) => {
    expect(() => toQuery(text)).toThrow('withTransaction');
  },
);

test('dates are written in UTC, also in arrays; the name stays', () => {
  const at = new Date('2025-03-09T07:30:00.125Z');
  expect(toQuery({ text: 'SELECT $1, $2', values: [at, [at, null, 1n]], name: 'a' })).toEqual({
    text: 'SELECT $1, $2',
    values: ['2025-03-09T07:30:00.125Z', ['2025-03-09T07:30:00.125Z', null, 1n]],
    name: 'a',
  });
});
