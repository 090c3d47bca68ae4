import * as fc from 'fast-check';
import { concatMap, delay, from, map, of, Subject, timer, VirtualTimeScheduler, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergeMapByKey } from '../../operators/mergeMapByKey.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, type Answer } from '../../src/message/decision.ts';
import type { Message } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun } from '../support/aRun.ts';
import { collected } from '../support/collected.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { describeStage } from '../support/stageChecklist.ts';

function send(letter: string): Observable<string> {
  return of(letter.toUpperCase());
}

function same<T>(value: T): Observable<T> {
  return of(value);
}

/** Takes 5 ms. */
function sendSlowly(letter: string): Observable<string> {
  return timer(5).pipe(map(() => letter.toUpperCase()));
}

/** a, b, c are of key 1; everything else of key 2. */
function keyOf(letter: string): string {
  return 'abc'.includes(letter) ? '1' : '2';
}

describe('mergeMapByKey', () => {
  describeStage('send', () => mergeMapByKey(send, anEffect()));

  it('answers messages of one key one after another', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('(ab)c|', keyOf).pipe(mergeMapByKey(sendSlowly, anEffect({ concurrency: 9 }))))).toBe(
        '5ms A 4ms B 4ms (C|)',
      );
    });
  });

  it('answers keys side by side, as many at once as there are slots', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const result$ = message$('axby--|', keyOf).pipe(mergeMapByKey(sendSlowly, anEffect({ concurrency: 2 })));
      expectObservable(drawn(result$)).toBe('-----AX---B(Y|)');
      const single$ = message$('axby--|', keyOf).pipe(mergeMapByKey(sendSlowly, anEffect({ concurrency: 1 })));
      expectObservable(drawn(single$)).toBe('5ms A 4ms X 4ms B 4ms (Y|)');
    });
  });

  it('keeps decided messages behind their key, without a slot, and others not', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const first = message$('aD|', () => '1').pipe(mergeMapByKey(sendSlowly, anEffect({ concurrency: 1 })));
      expectObservable(drawn(first)).toBe('-----(AD|)');
      const other = message$('aDx|', (letter) => letter).pipe(mergeMapByKey(sendSlowly, anEffect({ concurrency: 1 })));
      expectObservable(drawn(other)).toBe('-D---A----(X|)');
    });
  });

  it('lets the next of a key begin only when the dead letter of the last is durable', () => {
    const sendOrDie = (letter: string): Observable<Answer<string>> =>
      of(letter === 'a' ? dead(new WeirError('refused', 'no')) : letter.toUpperCase());
    inVirtualTime(
      ({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('abx|', keyOf).pipe(mergeMapByKey(sendOrDie, anEffect())))).toBe('--X-(xB|)');
      },
      { deadLetter: () => timer(4) },
    );
  });

  it('gives back what follows a message that was given back, as it would overtake it', () => {
    const failOnce = (letter: string): Observable<string> => {
      if (letter === 'a') throw new WeirError('unavailable', 'down');
      return sendSlowly(letter);
    };
    const retry = { maxRetries: 3, firstDelayMs: 40, maxDelayMs: 40 };
    inVirtualTime(({ expectObservable, message$, drawn, run }) => {
      run.clock.after(4, () => run.drain());
      const result$ = message$('ab--x---c-|', keyOf).pipe(mergeMapByKey(failOnce, anEffect({ retry })));
      expectObservable(drawn(result$)).toBe('----(rr)rX|');
    });
  });

  it('keeps the order of each key, loses nothing and stays within its slots, whatever the keys and durations', () => {
    const messages = fc.array(
      fc.record({
        key: fc.integer({ min: 0, max: 6 }),
        durationMs: fc.integer({ min: 0, max: 9 }),
        gapMs: fc.integer({ min: 0, max: 2 }),
        isDecided: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    const check = fc.property(messages, fc.integer({ min: 1, max: 4 }), (inputs, concurrency) => {
      const scheduler = new VirtualTimeScheduler();
      const run = aRun({ scheduler });
      const busy = new Set<number>();
      let most = 0;
      const work = ({ key, durationMs }: (typeof inputs)[number]): Observable<number> => {
        expect(busy.has(key)).toBe(false);
        busy.add(key);
        most = Math.max(most, busy.size);
        const end$ = durationMs === 0 ? of(0) : timer(durationMs, scheduler);
        return end$.pipe(map(() => (busy.delete(key), key)));
      };
      const seen: string[][] = [];
      from(inputs.map((input, at) => ({ input, at })))
        .pipe(
          concatMap(({ input, at }) => {
            const over = { run, key: String(input.key), position: String(at) };
            const message: Message<typeof input> = input.isDecided ? aDecided('skipped', over) : anOpen(input, over);
            return input.gapMs === 0 ? of(message) : of(message).pipe(delay(input.gapMs, scheduler));
          }),
          mergeMapByKey(work, anEffect<(typeof inputs)[number]>({ concurrency })),
        )
        .subscribe(({ envelope }) => (seen[Number(envelope.key)] ??= []).push(envelope.position));
      scheduler.flush();
      const expected: string[][] = [];
      inputs.forEach((input, at) => (expected[input.key] ??= []).push(String(at)));
      expect(seen).toEqual(expected);
      expect(most).toBeLessThanOrEqual(concurrency);
    });
    fc.assert(check, { numRuns: 300 });
  });

  it('answers more keys than slots, all of them (where groupBy loses some)', () => {
    const run = aRun();
    const keys = 5_000;
    const seen = new Set<string>();
    from(Array.from({ length: 2 * keys }, (_, at) => anOpen(at, { run, key: String(at % keys) })))
      .pipe(mergeMapByKey(same<number>, anEffect({ concurrency: 2 })))
      .subscribe(({ envelope }) => seen.add(envelope.key));
    expect(seen.size).toBe(keys);
  });

  it('does not nest behind a long lane of decided messages, nor when emissions cause input', () => {
    const run = aRun();
    const source = new Subject<Message<string>>();
    const gate = new Subject<string>();
    let [seen, more] = [0, 20_000];
    const hold = (): Observable<string> => gate;
    source.pipe(mergeMapByKey(hold, anEffect({ timeLimitMs: 60_000 }))).subscribe(() => {
      seen++;
      if (more-- > 0) source.next(aDecided('done', { run }));
    });
    source.next(anOpen('a', { run }));
    for (let at = 0; at < 20_000; at++) source.next(aDecided('done', { run }));
    expect(seen).toBe(0);
    gate.next('A');
    expect(seen).toBe(40_001);
    source.complete();
  });

  it('forgets keys and messages that have ended', async () => {
    const run = aRun();
    const references: WeakRef<object>[] = [];
    const source = new Subject<Message<object>>();
    const subscription = source.pipe(mergeMapByKey(same<object>, anEffect())).subscribe();
    const emit = (at: number): void => {
      const message = anOpen({ at }, { run, key: String(at % 2) });
      references.push(new WeakRef(message), new WeakRef(message.value));
      source.next(message);
    };
    [0, 1, 2, 3].forEach(emit);
    expect(await collected(references)).toEqual(references.map(() => true));
    subscription.unsubscribe();
  });
});
