import { describe, expect, it } from 'vitest';
import { shutGate } from '../../operators/shutGate.ts';

describe('shutGate', () => {
  const gate = shutGate('bank, which is not set up', 'No bank is set up: set bank.url.');

  it('is never open and lets nobody enter, saying what to set', () => {
    expect(gate.isOpen()).toBe(false);
    expect(() => gate.enter()).toThrow('No bank is set up: set bank.url.');
  });

  it('never tells that it opened', () => {
    let told = 0;
    const forget = gate.onOpen(() => (told += 1));
    forget();
    expect({ told, name: gate.name }).toEqual({ told: 0, name: 'bank, which is not set up' });
  });
});
