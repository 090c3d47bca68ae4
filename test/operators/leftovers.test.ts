import { getEventListeners } from 'node:events';
import { NEVER, of, Subject, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapByKey } from '../../operators/mergeMapByKey.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import { rateLimit } from '../../operators/rateLimit.ts';
import type { Step } from '../../operators/step.ts';
import { WeirError } from '../../src/errors.ts';
import type { Message } from '../../src/message/message.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { aGate } from '../support/aGate.ts';
import { anOpen, aRun, type FakeRun } from '../support/aRun.ts';

interface Item {
  readonly kind: 'item';
  readonly number: number;
}

/** Values above this are answered never, the others at once; 13 fails for the moment. */
const lastAnswered = 20;

function answerOf<T>({ number }: Item, answer: T): Observable<T> {
  if (number === 13) return throwError(() => new WeirError('unavailable', 'away'));
  return number > lastAnswered ? NEVER : of(answer);
}

function send(item: Item): Observable<Item> {
  return answerOf(item, item);
}

function record(items: readonly Item[]): Observable<readonly Item[]> {
  return answerOf(items.find(({ number }) => number === 13 || number > lastAnswered) ?? (items[0] as Item), items);
}

const optionsOf = () => ({
  concurrency: 2,
  timeLimitMs: 1_000,
  retry: { maxRetries: 2, firstDelayMs: 10, maxDelayMs: 10 },
  holdMs: 500,
  limit: rateLimit<Item>({ perSecond: 4, burst: 3, keyOf: () => 'all', totalPerSecond: 100 }),
  share: { keyOf: () => 'all', concurrency: 1 },
  later: (item: Item) => item,
  unknown: (item: Item) => item,
});

/** Four slots that gather before a claim, before a gate. */
const claimingOf = () => {
  const { limit, later, retry, holdMs, timeLimitMs, unknown } = optionsOf();
  const claim = (items: readonly Item[]): Observable<readonly Item[]> => of(items);
  return { concurrency: 4, claim, claimWaitMs: 20, gate: aGate(), limit, later, retry, holdMs, timeLimitMs, unknown };
};

const stages: readonly (readonly [string, () => Step<Item, Item>])[] = [
  ['mapChunk', () => mapChunk(record, { size: 3, maxWaitMs: 50 })],
  ['mergeMapEach', () => mergeMapEach(send, optionsOf())],
  ['mergeMapEach that claims', () => mergeMapEach(send, claimingOf())],
  ['mergeMapByKey', () => mergeMapByKey(send, optionsOf())],
  ['mergeMapWhen', () => mergeMapWhen('item', send, optionsOf())],
];

/** A subscribed stage, and what it has set up: timers of its clock, listeners at the signals of its run. */
class Bench {
  readonly clock: VirtualClock = virtualClock(new Date(0));
  readonly run: FakeRun = aRun({ clock: this.clock });
  readonly #source = new Subject<Message<Item>>();
  end: string | undefined;
  readonly #subscription;

  constructor(stage: Step<Item, Item>) {
    this.#subscription = this.#source.pipe(stage).subscribe({
      error: () => (this.end = 'error'),
      complete: () => (this.end = 'complete'),
    });
  }

  give(...numbers: readonly number[]): void {
    for (const number of numbers) this.#source.next(anOpen({ kind: 'item', number }, { run: this.run, key: String(number % 3) }));
  }

  complete(): void {
    this.#source.complete();
  }

  fail(): void {
    this.#source.error(new Error('x'));
  }

  leave(): void {
    this.#subscription.unsubscribe();
  }

  left(): { readonly timers: number; readonly listeners: number; readonly isSubscribed: boolean } {
    const listeners = [this.run.signal, this.run.draining].flatMap((signal) => getEventListeners(signal, 'abort'));
    return { timers: this.clock.timerCount(), listeners: listeners.length, isSubscribed: this.#source.observed };
  }
}

const nothing = { timers: 0, listeners: 0, isSubscribed: false };

describe.each(stages)('%s leaves neither a timer nor a listener behind', (name, stage) => {
  it('when its source has completed and everything has ended', async () => {
    const bench = new Bench(stage());
    bench.give(1, 2, 3, 4, 5);
    expect(bench.left().timers).toBeGreaterThan(0);
    bench.complete();
    await bench.clock.advance(10_000);
    expect(bench.end).toBe('complete');
    expect(bench.left()).toEqual(nothing);
  });

  it('when its source has failed', () => {
    const bench = new Bench(stage());
    bench.give(1, 2, 3, 4, 25, 26, 27, 28);
    bench.fail();
    expect(bench.end).toBe('error');
    expect(bench.left()).toEqual(nothing);
  });

  it('when it is left: while it gathers, waits for a rate, a share or a retry, and while a call is under way', async () => {
    for (const numbers of [[1], [1, 2, 3, 4, 5], [13, 14], [25, 26, 27, 28, 29], [13, 25, 1]]) {
      const bench = new Bench(stage());
      bench.give(...numbers);
      await bench.clock.advance(5);
      bench.leave();
      expect(bench.left(), numbers.join()).toEqual(nothing);
    }
  });

  it('when its run was cut', async () => {
    const bench = new Bench(stage());
    bench.give(1, 2, 3, 4, 25, 26, 27, 28);
    bench.run.cut();
    bench.leave();
    await bench.clock.advance(10_000);
    expect(bench.left()).toEqual(nothing);
  });

  it(`when its run drained and its source completed${name === 'mapChunk' ? ', flushing' : ', giving back what waited'}`, async () => {
    const bench = new Bench(stage());
    bench.give(1, 2, 3, 4, 13);
    bench.run.drain();
    bench.complete();
    await bench.clock.advance(10_000);
    expect(bench.end).toBe(name === 'mapChunk' ? 'error' : 'complete');
    expect(bench.left()).toEqual(nothing);
  });
});

it('mapChunk leaves no timer when a message comes while it emits to a subscriber that leaves', () => {
  const clock = virtualClock(new Date(0));
  const run = aRun({ clock });
  const source = new Subject<Message<Item>>();
  const give = (number: number): void => source.next(anOpen({ kind: 'item', number }, { run }));
  const subscription = source.pipe(mapChunk(record, { size: 1, maxWaitMs: 50 })).subscribe(() => {
    subscription.unsubscribe();
    give(2);
  });
  give(1);
  expect(clock.timerCount()).toBe(0);
});
