import { concatMap, of, throwError, timer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { WeirError, type ErrorCode } from '../../src/errors.ts';
import type { Wait } from '../../src/message/wait.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';
import type { FakeRun } from '../support/aRun.ts';
import { aSpec } from '../support/aSpec.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

// Chance is 1: waits of 10, 20, 20, … ms.
const repeat = { firstDelayMs: 10, maxDelayMs: 20, forMs: 100 };
const chance = { random: () => 1 };
const again: Wait = { why: 'again', name: 'record' };

/** A call that takes 1 ms and fails until `worksAtMs`; what it was asked, each time. */
function calls(code: ErrorCode, worksAtMs: number) {
  const asked: (readonly string[])[] = [];
  const make =
    (clock: () => number) =>
    (values: readonly string[]): Observable<readonly string[]> => {
      asked.push(values);
      const end$ = clock() < worksAtMs ? throwError(() => new WeirError(code, code)) : of(values.map((value) => value.toUpperCase()));
      return timer(1).pipe(concatMap(() => end$));
    };
  return { asked, make };
}

/** What comes out of `mapChunk` while a call fails with a code until a moment; an error is drawn as #. */
function recording(code: ErrorCode, worksAtMs: number, result: string, over: object = { repeat }): { run: FakeRun; count: number } {
  const { asked, make } = calls(code, worksAtMs);
  const run = inVirtualTime(({ expectObservable, message$, drawn, run: { clock } }) => {
    const fails = make(() => clock.elapsedMs());
    const record = (values: readonly string[]): Observable<readonly string[]> => fails(values);
    const chunk$ = drawn(message$('(abc|)').pipe(mapChunk(record, { size: 3, maxWaitMs: 5, ...over })));
    expectObservable(chunk$).toBe(result, undefined, new WeirError(code, code));
  }, chance);
  return { run, count: asked.length };
}

describe('a chunk that may be repeated', () => {
  it.each<ErrorCode>(['unavailable', 'conflict', 'outcomeUnknown', 'timedOut'])('is called again after %s until it works', (code) => {
    const { run, count } = recording(code, 30, '33ms (ABC|)');
    expect({ count, retries: run.retries }).toEqual({ count: 3, retries: ['record', 'record'] });
  });

  it('errors the chain once its time is over', () => {
    const { count } = recording('unavailable', Infinity, '96ms #');
    expect(count).toBe(6);
  });

  it('is not repeated without being told so', () => {
    expect(recording('unavailable', Infinity, '1ms #', {}).count).toBe(1);
  });

  it('is halved at once for an error that never passes', () => {
    const { run, count } = recording('constraint', 3, '5ms (xBC|)');
    expect({ count, retries: run.retries }).toEqual({ count: 5, retries: [] });
  });

  it('lets the run wait from its first failure to its end, so that it does not stand', () => {
    const { make } = calls('unavailable', 30);
    const waits: (readonly Wait[])[] = [];
    const run = inVirtualTime(({ expectObservable, message$, drawn, run: { clock, waits: now } }) => {
      const fails = make(() => clock.elapsedMs());
      const record = (values: readonly string[]): Observable<readonly string[]> => fails(values);
      for (const atMs of [0.5, 2, 11.5, 20]) clock.after(atMs, () => waits.push([...now]));
      expectObservable(drawn(message$('(abc|)').pipe(mapChunk(record, { size: 3, maxWaitMs: 5, repeat })))).toBe('33ms (ABC|)');
    }, chance);
    expect({ waits, after: run.waits }).toEqual({ waits: [[], [again], [again], [again]], after: [] });
  });

  it('waits no longer once the run is cut, and goes on while it drains', () => {
    const { asked, make } = calls('unavailable', Infinity);
    inVirtualTime(({ expectObservable, message$, drawn, run }) => {
      const fails = make(() => run.clock.elapsedMs());
      const record = (values: readonly string[]): Observable<readonly string[]> => fails(values);
      run.clock.after(5, () => run.drain());
      run.clock.after(40, () => run.cut());
      const chunk$ = drawn(message$('(abc)').pipe(mapChunk(record, { size: 3, maxWaitMs: 5, repeat })));
      expectObservable(chunk$).toBe('40ms #', undefined, new WeirError('unavailable', 'unavailable'));
    }, chance);
    expect(asked).toHaveLength(3);
  });

  it('is given up at unsubscription', () => {
    const { asked, make } = calls('unavailable', Infinity);
    inVirtualTime(({ expectObservable, message$, drawn, run: { clock } }) => {
      const fails = make(() => clock.elapsedMs());
      const record = (values: readonly string[]): Observable<readonly string[]> => fails(values);
      expectObservable(drawn(message$('(abc)').pipe(mapChunk(record, { size: 3, maxWaitMs: 5, repeat }))), '20ms !').toBe('-');
    }, chance);
    expect(asked).toHaveLength(2);
  });
});

describe('a run whose call is repeated for ten minutes', () => {
  it('does not stand meanwhile', async () => {
    const clock = virtualClock(new Date(0));
    const worksAtMs = 600_000;
    const forLong = { firstDelayMs: 100, maxDelayMs: 2_000, forMs: 900_000 };
    const record = (values: readonly number[]): Observable<readonly number[]> =>
      clock.elapsedMs() < worksAtMs ? throwError(() => new WeirError('unavailable', 'away')) : of(values);
    const source = scriptedSource({ count: 5 });
    const chain = mapChunk(record, { size: 5, maxWaitMs: 0, repeat: forLong });
    const run = runChain(aSpec<number>({ source, clock, chain: (message$) => message$.pipe(chain) }));
    for (let minutes = 1; minutes < 10; minutes += 1) {
      await clock.advance(60_000);
      expect({ standingMs: run.standingMs(), waits: run.waits() }).toEqual({ standingMs: 0, waits: [again] });
    }
    await clock.advance(66_000);
    expect(source.settled.size).toBe(5);
    expect(await run.ended).toMatchObject({ how: 'completed' });
  });
});

describe('a claim that may be repeated', () => {
  it('is asked again with the same objects, and disturbs no effect meanwhile', () => {
    const { asked, make } = calls('outcomeUnknown', 10);
    inVirtualTime(({ expectObservable, message$, drawn, run: { clock } }) => {
      const fails = make(() => clock.elapsedMs());
      // The first claim works; the second one begins while its effect is under way.
      const claim = (values: readonly string[]): Observable<readonly string[]> => (values[0] === 'a' ? of(values) : fails(values));
      const send = (letter: string): Observable<string> => timer(5).pipe(concatMap(() => of(letter.toUpperCase())));
      const stage = mergeMapEach(send, anEffect({ claim, repeatClaim: repeat, timeLimitMs: 50 }));
      expectObservable(drawn(message$('a-(b|)').pipe(stage))).toBe('5ms A 13ms (B|)');
    }, chance);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.[0]).toBe(asked[0]?.[0]);
  });

  it('errors the chain when nobody said so', () => {
    const claim = (): Observable<readonly string[]> => throwError(() => new WeirError('unavailable', 'away'));
    const send = (letter: string): Observable<string> => of(letter);
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const result$ = drawn(message$('a').pipe(mergeMapEach(send, anEffect({ claim }))));
      expectObservable(result$).toBe('#', undefined, new WeirError('unavailable', 'away'));
    });
  });
});
