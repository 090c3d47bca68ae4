import { describe, expect, it } from 'vitest';
import { Outage } from '../../../src/connectors/outage.ts';
import { WeirError } from '../../../src/errors.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';

const away = new WeirError('unavailable', 'Redis is away');

function anOutage(): { readonly outage: Outage; readonly clock: VirtualClock; readonly told: (string | number)[] } {
  const clock = virtualClock(new Date(0));
  const told: (string | number)[] = [];
  const report = { failed: ({ message }: WeirError) => void told.push(message), recovered: (awayMs: number) => void told.push(awayMs) };
  return { outage: new Outage(clock, report), clock, told };
}

describe('an outage', () => {
  it('is told once, and its end once, with its length, when all that failed has worked again', async () => {
    const { outage, clock, told } = anOutage();
    outage.worked('one');
    for (let second = 0; second < 20; second += 1) {
      outage.failed('one', away);
      outage.failed('two', away);
      await clock.advance(1_000);
    }
    outage.worked('two');
    expect(told).toEqual(['Redis is away']);
    await clock.advance(500);
    outage.worked('one');
    outage.worked('one');
    expect(told).toEqual(['Redis is away', 20_500]);
    outage.failed('one', away);
    expect(told).toEqual(['Redis is away', 20_500, 'Redis is away']);
  });

  it('ends when what is tried often works, whatever is tried rarely and failed meanwhile', () => {
    const { outage, told } = anOutage();
    outage.failed('often', away);
    outage.failedRarely('rarely', away);
    outage.worked('often');
    outage.failedRarely('rarely', away);
    outage.failedRarely('rarely', away);
    outage.worked('often');
    outage.worked('rarely');
    expect(told).toEqual(['Redis is away', 0, 'Redis is away', 0]);
  });

  it('does not wait for what nobody tries any more, nor is a later one silent because of it', async () => {
    const { outage, clock, told } = anOutage();
    outage.failed('ended', away);
    outage.failed('other', away);
    await clock.advance(60_001);
    outage.worked('other');
    expect(told).toEqual(['Redis is away', 60_001]);
    outage.failed('ended', away);
    await clock.advance(60_001);
    outage.failed('other', away);
    expect(told).toEqual(['Redis is away', 60_001, 'Redis is away', 'Redis is away']);
  });
});
