import { describe, expect, it } from 'vitest';
import { SourceRecord, type SourcePartition } from '../../src/connectors/sourceStatus.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

const silentLimitMs = 10_000;

function aRecord(): { readonly record: SourceRecord; readonly clock: ReturnType<typeof virtualClock> } {
  const clock = virtualClock(new Date(0));
  return { record: new SourceRecord(clock, silentLimitMs), clock };
}

function held(...silences: readonly number[]): readonly SourcePartition[] {
  return silences.map((silentMs, number) => ({ number, isHeld: true, silentMs }));
}

describe('the record of a source', () => {
  it('tells its state, and since when, whatever else is told of it meanwhile', async () => {
    const { record, clock } = aRecord();
    expect(record.status([])).toMatchObject({ state: 'idle', sinceMs: 0 });
    await clock.advance(1_000);
    record.become('away', 'one reason');
    await clock.advance(1_000);
    record.become('away', 'another');
    expect(record.status([])).toMatchObject({ state: 'away', sinceMs: 1_000, reason: 'another' });
    record.become('reading');
    expect(record.status(held(0))).toMatchObject({ state: 'reading', sinceMs: 2_000, reason: '' });
  });

  it('stays away while it begins again, until that has worked', () => {
    const { record } = aRecord();
    record.begin();
    expect(record.status([]).state).toBe('joining');
    record.become('away', 'gone');
    record.begin();
    expect(record.status([])).toMatchObject({ state: 'away', reason: 'gone' });
    record.become('standby');
    record.begin();
    expect(record.status([]).state).toBe('joining');
  });

  it('is silent while one of its partitions has given no answer for longer than a call may take', async () => {
    const { record, clock } = aRecord();
    record.become('reading');
    await clock.advance(60_000);
    expect(record.status(held(0, silentLimitMs)).state).toBe('reading');
    expect(record.status(held(0, silentLimitMs + 1, 30_000))).toMatchObject({
      ...{ state: 'silent', sinceMs: 30_000, reason: 'no answer for partition 1, 2' },
    });
    expect(record.status(held(0, 0)).state).toBe('reading');
    record.become('away', 'gone');
    expect(record.status(held(silentLimitMs + 1)).state).toBe('away');
  });

  it('counts over all subscriptions', () => {
    const { record } = aRecord();
    record.assigned();
    record.assigned();
    record.replaced('lost');
    record.removed(3);
    record.removed(4);
    expect(record.status([])).toMatchObject({ assignments: 2, removed: 7 });
    expect(record.status([]).replaced).toEqual({ silent: 0, silentFetch: 0, silentHeartbeat: 0, lost: 1, refused: 0 });
  });
});
