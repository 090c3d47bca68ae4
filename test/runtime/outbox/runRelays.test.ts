import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WeirError } from '../../../src/errors.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import { runRelays } from '../../../src/runtime/outbox/runRelays.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { silent } from '../../support/aSpec.ts';
import { aScriptedOutbox, type AScriptedOutbox } from './aScriptedOutbox.ts';

const topic = testTopic();
let clock: VirtualClock;
let outbox: AScriptedOutbox;
let published: string[];
/** When each try to reach a broker that had failed was made, in milliseconds. */
let asked: number[];
let said: (readonly [sentence: string, fields: LogFields | undefined])[];
let isAway: boolean;
let stopping: AbortController;

beforeEach(() => {
  clock = virtualClock(new Date('2026-11-15T00:00:00Z'));
  outbox = aScriptedOutbox();
  [published, asked, said, isAway] = [[], [], [], false];
});

/** Starts the relays of a process, which looks every minute. */
function start(): Promise<void> {
  stopping = new AbortController();
  const answer = (): Promise<void> => (isAway ? Promise.reject(new WeirError('unavailable', 'the broker is away')) : Promise.resolve());
  const say = (sentence: string, fields?: LogFields): void => void said.push([sentence, fields]);
  const done = runRelays({
    database: outbox.database,
    bus: {
      reach: () => {
        asked.push(clock.elapsedMs());
        return answer();
      },
      publish: () => ({
        write: async (chunk) => {
          await answer();
          published.push(...chunk.map(({ value }) => Buffer.from(value).toString()));
        },
        close: () => Promise.resolve(),
      }),
    },
    outboxes: [{ schema: 'shop', profile: 'test', topics: [topic] }],
    ...{ clock, log: { ...silent, info: say, warn: say, error: say }, pollMs: 60_000, draining: stopping.signal },
    meter: { published: () => undefined, failed: () => undefined },
  });
  onTestFinished(() => stopping.abort());
  return done;
}

describe('a relay', () => {
  it('looks when it is told that there is something in its outbox, and otherwise after its time', async () => {
    void start();
    await clock.advance(0);
    expect(outbox.looks()).toBe(1);
    outbox.rows.push('1');
    outbox.wake('another');
    await clock.advance(0);
    expect([outbox.looks(), published]).toEqual([1, []]);
    outbox.wake('shop');
    await clock.advance(0);
    expect(published).toEqual(['1']);
    outbox.rows.push('2');
    await clock.advance(59_999);
    expect(published).toEqual(['1']);
    await clock.advance(1);
    expect(published).toEqual(['1', '2']);
  });

  it('looks at once when listening begins anew, since something may have been missed', async () => {
    void start();
    await clock.advance(0);
    outbox.rows.push('1');
    outbox.wake('');
    await clock.advance(0);
    expect(published).toEqual(['1']);
  });

  it('waits longer each time that the broker is away, up to ten seconds, by chance as well, and is told of once each way', async () => {
    isAway = true;
    outbox.rows.push('1');
    void start();
    await clock.advance(120_000);
    const waits = asked.map((atMs, index) => atMs - (asked[index - 1] ?? 0));
    const bounds = waits.map((_, index) => Math.min(10_000, 200 * 2 ** index));
    expect(waits.filter((waitMs, index) => waitMs > (bounds[index] ?? 0) || waitMs < (bounds[index] ?? 0) / 10)).toEqual([]);
    expect(Math.max(...waits)).toBeGreaterThan(3_000);
    expect(new Set(waits.slice(-5)).size).toBe(5);
    expect(outbox.rows).toEqual(['1']);
    isAway = false;
    await clock.advance(10_000);
    expect(published).toEqual(['1']);
    expect(said.map(([sentence]) => sentence)).toEqual([
      'outbox cannot be published for now: its messages wait',
      'outbox is published again',
    ]);
    expect(said[1]?.[1]?.awayMs).toBeGreaterThan(120_000);
  });

  it('goes on after a mistake in the program, and says where it was made', async () => {
    outbox.rows.push('1');
    outbox.before = () => {
      outbox.before = () => undefined;
      throw new TypeError('a card number');
    };
    void start();
    await clock.advance(1_000);
    expect(published).toEqual(['1']);
    expect(said[0]?.[1]).toMatchObject({
      code: 'defect',
      error: 'TypeError (see the log)',
      frames: expect.stringContaining('at ') as string,
    });
  });

  it('ends when it is drained, and leaves no timer behind', async () => {
    const done = start();
    await clock.advance(0);
    stopping.abort();
    await done;
    expect(clock.timerCount()).toBe(0);
  });
});
