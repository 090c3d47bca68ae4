import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  mayChange,
  sendStatuses,
  sendTransitions,
  stateOf,
  statusesBefore,
  type SendState,
} from '../../../pipelines/billing/sendStatus.ts';

const states: readonly SendState[] = [...sendStatuses, 'PARKED'];

test('nothing but these changes is allowed', () => {
  const allowed = states.flatMap((from) => states.filter((to) => mayChange(from, to)).map((to) => `${from} → ${to}`));
  expect(allowed).toEqual([
    'CREATED → SEND_PENDING',
    'CREATED → PARKED',
    'SEND_PENDING → SEND_PENDING',
    'SEND_PENDING → IN_QUIET_HOUR',
    'SEND_PENDING → SENDING',
    'SEND_PENDING → COMPLETED',
    'SEND_PENDING → PARKED',
    'IN_QUIET_HOUR → SEND_PENDING',
    'IN_QUIET_HOUR → COMPLETED',
    'IN_QUIET_HOUR → PARKED',
    'SENDING → SEND_PENDING',
    'SENDING → SENDING',
    'SENDING → COMPLETED',
    'SENDING → FAILED',
    'SENDING → PARKED',
    'FAILED → SEND_PENDING',
    'FAILED → SENDING',
    'PARKED → SEND_PENDING',
    'PARKED → SENDING',
    'PARKED → COMPLETED',
    'PARKED → FAILED',
  ]);
});

test('a completed bill changes no more', () => {
  expect(states.filter((to) => mayChange('COMPLETED', to))).toEqual([]);
});

test('a bill that is being sent is not forced: its mail may be on the way', () => {
  expect(sendTransitions.forced.from).not.toContain('SENDING');
  expect(sendTransitions.forced.from).not.toContain('COMPLETED');
});

test('only a person takes a parked bill back to be sent', () => {
  const events = Object.entries(sendTransitions).filter(
    ([, { from, to }]) => to === 'SEND_PENDING' && (from as readonly string[]).includes('PARKED'),
  );
  expect(events.map(([event]) => event)).toEqual(['resent', 'forced']);
});

test('every state but the first can be reached, and every one but the last left', () => {
  for (const state of states.filter((candidate) => candidate !== 'CREATED'))
    expect(states.some((from) => mayChange(from, state))).toBe(true);
  for (const state of states.filter((candidate) => candidate !== 'COMPLETED')) expect(states.some((to) => mayChange(state, to))).toBe(true);
});

test('SENDING with a reason to park is parked', () => {
  expect(stateOf('SENDING', null)).toBe('SENDING');
  expect(stateOf('SENDING', 'lease ran out')).toBe('PARKED');
  expect(stateOf('FAILED', 'left over')).toBe('FAILED');
});

test('the guard of a statement names columns, not states', () => {
  expect(statusesBefore('claimed')).toEqual(['SEND_PENDING']);
  expect(statusesBefore('sent')).toEqual(['SENDING']);
  expect(statusesBefore('closedAsSent')).toEqual(['SENDING']);
  expect(statusesBefore('forced')).toEqual(['CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'FAILED']);
});

test('the table in the documentation is the table in the code', () => {
  const source = readFileSync(new URL('../../../pipelines/billing/sendStatus.ts', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/^ \* \| `(\w+)` \| ([A-Z_, ]+) \| ([A-Z_]+) \|/gm)].map(([, event, from, to]) => [
    event,
    { from: from?.split(', '), to },
  ]);
  expect(Object.fromEntries(rows)).toEqual(sendTransitions);
});
