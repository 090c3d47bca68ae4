import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, type ErrorKind, WeirError } from '../../../src/errors.ts';
import { connectionLost, type Phase, sqlFailureOf, translateError } from '../../../src/connectors/postgres/translateError.ts';

function said(code: string, fields: Partial<pg.DatabaseError> = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('text of the server', 1, 'error'), { code, severity: 'ERROR', ...fields });
}

describe('what the server says', () => {
  test.each<[string, ErrorCode, ErrorKind]>([
    ['08006', 'unavailable', 'transient'],
    ['22001', 'constraint', 'permanent'],
    ['22P02', 'constraint', 'permanent'],
    ['23505', 'constraint', 'permanent'],
    ['23P01', 'constraint', 'permanent'],
    ['25006', 'unavailable', 'transient'],
    ['25P03', 'timedOut', 'transient'],
    ['25P04', 'timedOut', 'transient'],
    ['28P01', 'refused', 'transient'],
    ['3D000', 'refused', 'transient'],
    ['3F000', 'schemaMismatch', 'transient'],
    ['40001', 'conflict', 'transient'],
    ['40P01', 'conflict', 'transient'],
    ['42501', 'refused', 'transient'],
    ['42601', 'defect', 'defect'],
    ['42703', 'schemaMismatch', 'transient'],
    ['42P01', 'schemaMismatch', 'transient'],
    ['53100', 'unavailable', 'transient'],
    ['53300', 'unavailable', 'transient'],
    ['55P03', 'conflict', 'transient'],
    ['57014', 'timedOut', 'transient'],
    ['57P01', 'unavailable', 'transient'],
    ['57P03', 'unavailable', 'transient'],
    ['P0001', 'constraint', 'permanent'],
    ['XX000', 'defect', 'defect'],
  ])('%s is %s, %s', (sqlState, code, kind) => {
    const error = translateError(said(sqlState), { phase: 'transaction' });
    expect(error).toMatchObject({ code, kind });
    expect(sqlFailureOf(error)?.sqlState).toBe(sqlState);
  });

  test('only a deadlock and a serialisation failure let a transaction run again', () => {
    const states = ['40001', '40P01', '55P03', '23505', '57P01'];
    const again = states.filter((sqlState) => sqlFailureOf(translateError(said(sqlState), { phase: 'transaction' }))?.isRerunnable);
    expect(again).toEqual(['40001', '40P01']);
    expect(sqlFailureOf(new WeirError('conflict', 'of another origin'))).toBeUndefined();
  });

  test('a name is told, a text that may carry a value is not', () => {
    const names = { schema: 'billing', table: 'member', column: 'email', constraint: 'member_email_key', detail: 'Key (email)=(a@b)' };
    const { message } = translateError(said('23505', names), { phase: 'write' });
    expect(message).toBe('PostgreSQL: the key exists already (23505, table billing.member, column email, constraint member_email_key).');
  });
});

test('a server that starts says so', () => {
  const starting = Object.assign(new pg.DatabaseError('the database system is starting up', 1, 'error'), {
    code: '57P03',
    severity: 'FATAL',
  });
  expect(connectionLost(starting).message).toBe(
    'PostgreSQL: the server takes no connections at present (57P03): the database system is starting up.',
  );
});

describe('a connection that is lost', () => {
  test.each<[Phase, ErrorCode]>([
    ['connect', 'unavailable'],
    ['read', 'unavailable'],
    ['transaction', 'unavailable'],
    ['write', 'outcomeUnknown'],
    ['commit', 'outcomeUnknown'],
  ])('in phase %s is %s, whether the socket or the server tells', (phase, code) => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(translateError(reset, { phase, lostBy: reset })).toMatchObject({ code });
    expect(translateError(said('57P01', { severity: 'FATAL' }), { phase })).toMatchObject({ code });
  });

  test('after the server ended the transaction for its time tells the time limit', () => {
    const lostBy = said('25P04', { severity: 'FATAL' });
    expect(translateError(new Error('not queryable'), { phase: 'connect', lostBy })).toMatchObject({ code: 'timedOut', kind: 'transient' });
  });

  test('tells the code of the machine', () => {
    expect(connectionLost(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).message).toContain('ECONNREFUSED');
  });
});

test.each<[Phase, ErrorCode, ErrorKind]>([
  ['read', 'timedOut', 'transient'],
  ['transaction', 'timedOut', 'transient'],
  ['write', 'timedOut', 'unknown'],
  ['commit', 'outcomeUnknown', 'unknown'],
])('no answer within the limit in phase %s is %s, %s', (phase, code, kind) => {
  expect(translateError(new Error('Connection terminated'), { phase, limitMs: 5 })).toMatchObject({ code, kind });
});

test('an error that has nothing to do with the server stays what it is', () => {
  const mistake = new TypeError('x is not a function');
  expect(translateError(mistake, { phase: 'write' })).toBe(mistake);
  const ours = new WeirError('fenced', 'x');
  expect(translateError(ours, { phase: 'commit', lostBy: new Error('x') })).toBe(ours);
});
