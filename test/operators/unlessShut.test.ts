import { expect, it } from 'vitest';
import type { Gate } from '../../operators/gate.ts';
import { unlessShut } from '../../operators/unlessShut.ts';
import { WeirError } from '../../src/errors.ts';

/** A gate that remembers what it was told. */
function aGate(isOpen = true): { readonly gate: Gate; readonly told: unknown[] } {
  const told: unknown[] = [];
  const entry = {
    mayCall: () => true,
    answered: () => void told.push('answered'),
    failed: (error: unknown) => void told.push(error),
    leave: () => void told.push('left'),
  };
  return { told, gate: { name: 'test', isOpen: () => isOpen, enter: () => entry, onOpen: () => () => undefined } };
}

const never = new AbortController().signal;

it('calls nothing while the breaker is shut, or where there is none', async () => {
  let calls = 0;
  const call = (): Promise<number> => Promise.resolve(++calls);
  const { gate, told } = aGate(false);
  expect([await unlessShut(gate, never, call), await unlessShut(undefined, never, call)]).toEqual([undefined, undefined]);
  expect([calls, told]).toEqual([0, []]);
});

it('tells the breaker of an answer, and of an error, which it passes on', async () => {
  const { gate, told } = aGate();
  expect(await unlessShut(gate, never, () => Promise.resolve('yes'))).toBe('yes');
  const error = new WeirError('unavailable', 'nobody is there');
  await expect(unlessShut(gate, never, () => Promise.reject(error))).rejects.toBe(error);
  expect(told).toEqual(['answered', 'left', error, 'left']);
});

it.each([
  [
    'says that nothing was sent',
    (cut: () => void): Promise<string> => (cut(), Promise.reject(new WeirError('cancelled', 'nothing was sent'))),
  ],
  ['answers too late', (cut: () => void): Promise<string> => (cut(), Promise.resolve('yes'))],
])('tells the breaker of the time limit, once, when a call that is cut by it %s', async (_what, call) => {
  const { gate, told } = aGate();
  const limit = new AbortController();
  const late = new WeirError('timedOut', 'too long');
  await unlessShut(gate, limit.signal, () => call(() => limit.abort(late))).catch(() => undefined);
  expect(told).toEqual([late, 'left']);
});

it('lets the breaker go when a call that is cut never ends', () => {
  const { gate, told } = aGate();
  const limit = new AbortController();
  const late = new WeirError('timedOut', 'too long');
  void unlessShut(gate, limit.signal, () => new Promise(() => undefined));
  limit.abort(late);
  expect(told).toEqual([late, 'left']);
});
