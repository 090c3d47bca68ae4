import * as fc from 'fast-check';
import { map, of, range, throwError, timer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { mergeMapByKey } from '../../operators/mergeMapByKey.ts';
import { rateLimit, type RateLimit } from '../../operators/rateLimit.ts';
import { WeirError } from '../../src/errors.ts';
import { anOpen } from '../support/aRun.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';

const never = Infinity;

function perKey(perSecond: number, burst: number, totalPerSecond?: number): RateLimit<string> {
  const rates = totalPerSecond === undefined ? { perSecond, burst } : { perSecond, burst, totalPerSecond };
  return rateLimit<string>({ ...rates, keyOf: (value) => value });
}

describe('rateLimit', () => {
  it('lets a burst start at once, then one in each interval', () => {
    const limit = perKey(10, 3);
    expect([1, 2, 3, 4, 5].map(() => limit.reserve('a', 1000, never))).toEqual([0, 0, 0, 100, 200]);
    expect(limit.reserve('b', 1000, never)).toBe(0);
    expect(limit.reserve('a', 1250, never)).toBe(50);
    expect(limit.reserve('a', 5000, never)).toBe(0);
  });

  it('puts off what would wait too long, each to a turn of its own, and counts no start for it', () => {
    const limit = perKey(10, 1);
    limit.reserve('a', 0, never);
    expect([1, 2, 3].map(() => limit.reserve('a', 0, 99))).toEqual([100, 200, 300]);
    expect(limit.reserve('b', 0, 99)).toBe(0);
    expect(limit.reserve('a', 0, 100)).toBe(100);
    expect(limit.reserve('a', 0, never)).toBe(200);
  });

  it('puts off for no longer than a quarter of an hour, since the key may be faster by then', () => {
    const limit = perKey(1, 1);
    const delaysMs = Array.from({ length: 2_000 }, () => limit.reserve('a', 0, 0));
    expect(delaysMs.slice(0, 4)).toEqual([0, 1_000, 2_000, 3_000]);
    expect(Math.max(...delaysMs)).toBe(900_000);
  });

  it('forgets turns that have passed', () => {
    const limit = rateLimit<number>({ perSecond: 10, burst: 1, keyOf: String });
    for (let at = 0; at < 1_000; at++) for (let message = 0; message < 3; message++) limit.reserve(at, 0, 0);
    for (let at = 0; at < 3_000; at++) limit.reserve(-1, 1_000 + at * 100, never);
    expect(limit.size).toBeLessThanOrEqual(2);
  });

  it('holds the total by a gate, for every key alike', () => {
    const limit = perKey(1000, 2, 10);
    expect(limit.opensInMs(0)).toBe(0);
    limit.reserve('a', 0, never);
    expect(limit.opensInMs(0)).toBe(0);
    limit.reserve('b', 0, never);
    expect(limit.opensInMs(0)).toBe(100);
    expect(limit.opensInMs(60)).toBe(40);
    expect(perKey(1, 1).opensInMs(0)).toBe(0);
  });

  it('starts no more of a key than burst + rate × time, in any span', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 60 });
    const check = fc.property(gaps, fc.integer({ min: 1, max: 5 }), (gapsMs, burst) => {
      const limit = perKey(10, burst);
      let nowMs = 0;
      const starts = gapsMs.map((gapMs) => (nowMs += gapMs) + limit.reserve('a', nowMs, never));
      starts.forEach((from, first) =>
        starts.slice(first).forEach((to, count) => expect(count + 1).toBeLessThanOrEqual(burst + (to - from) / 100 + 1e-6)),
      );
    });
    fc.assert(check, { numRuns: 200 });
  });

  it('slows a key down that asks for it, burst and all, and no other', () => {
    const limit = rateLimit<string>({ perSecond: 100, burst: 100, leastPerSecond: 1, keyOf: (value) => value });
    limit.reserve('c', 1_000, 0);
    for (let refusals = 0; refusals < 100; refusals += 1) limit.slowDown('a');
    expect([1, 2, 3].map(() => Math.round(limit.reserve('a', 1_000, never)))).toEqual([0, 1_000, 2_000]);
    expect(Array.from({ length: 100 }, () => limit.reserve('b', 1_000, never))).toEqual(Array.from({ length: 100 }, () => 0));
  });

  it('lets a key grow back with what is answered', () => {
    const limit = rateLimit<string>({ perSecond: 100, burst: 1, leastPerSecond: 1, keyOf: (value) => value });
    for (let refusals = 0; refusals < 100; refusals += 1) limit.slowDown('a');
    limit.reserve('a', 0, never);
    expect(limit.reserve('a', 0, 0)).toBeCloseTo(1_000);
    for (let answers = 0; answers < 50; answers += 1) limit.speedUp('a');
    const grownBy = (seconds: number): number => 1.05 ** 50 * 2 ** (seconds / 60);
    expect(limit.reserve('a', 2_000, never)).toBe(0);
    expect(limit.reserve('a', 2_000, 0)).toBeCloseTo(1_000 / grownBy(2));
    for (let answers = 0; answers < 50; answers += 1) limit.speedUp('a');
    expect(limit.reserve('a', 4_000, never)).toBe(0);
    expect(limit.reserve('a', 4_000, 0)).toBeCloseTo(10);
  });

  it.each([
    [10, 'stays at full rate', 100],
    [50, 'falls to its least rate', 1],
  ])('with %i %% of the calls refused a key %s', (percent, _what, perSecond) => {
    const limit = rateLimit<string>({ perSecond: 100, burst: 1, leastPerSecond: 1, keyOf: (value) => value });
    for (let call = 0; call < 2_000; call += 1) {
      if ((call * percent) % 100 < percent) limit.slowDown('a');
      else limit.speedUp('a');
    }
    limit.reserve('a', 0, never);
    const delayMs = limit.reserve('a', 0, 0);
    expect(delayMs).toBeGreaterThan(1_000 / perSecond / 1.6);
    expect(delayMs).toBeLessThan((1_000 / perSecond) * 1.6);
  });

  it('is not slowed down where no least rate says so', () => {
    const limit = perKey(10, 1);
    limit.slowDown('a');
    limit.reserve('a', 0, never);
    expect(limit.reserve('a', 0, never)).toBe(100);
  });

  it('forgets keys that are full again, so it remembers no more than are in use', () => {
    const limit = rateLimit<number>({ perSecond: 10, burst: 1, keyOf: String });
    for (let at = 0; at < 10_000; at++) limit.reserve(at, at, never);
    expect(limit.size).toBeLessThanOrEqual(101);
  });

  it('refuses rates that let nothing start', () => {
    expect(() => perKey(0, 1)).toThrow(RangeError);
    expect(() => perKey(1, 0)).toThrow(RangeError);
    expect(() => perKey(1, 1, 0)).toThrow(RangeError);
  });
});

/** Upper case after 1 ms. */
function send(letter: string): Observable<string> {
  return timer(1).pipe(map(() => letter.toUpperCase()));
}

function later(): string {
  return 'L';
}

describe('a stage with a limit', () => {
  it('holds what is too fast without a slot, and the others go on', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const options = anEffect({ concurrency: 1, limit: perKey(100, 1), later });
      // a starts at 0, its second at 10; b, c, d one after another in between.
      expectObservable(drawn(message$('(aabcd)|').pipe(mergeMapEach(send, options)))).toBe('-ABCD------(A|)');
    });
  });

  it('holds a key only, in order, where the stage is ordered', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const keyOf = (letter: string): string => ('ab'.includes(letter) ? 'one' : 'two');
      const limit = rateLimit<string>({ perSecond: 100, burst: 1, keyOf: (letter) => (letter === 'x' ? 'x' : keyOf(letter)) });
      const result$ = message$('(abx)|', keyOf).pipe(mergeMapByKey(send, anEffect({ concurrency: 9, limit, later })));
      expectObservable(drawn(result$)).toBe('-(AX) 6ms (B|)'); // prettier-ignore
    });
  });

  it('puts off what would be held longer than `holdMs`, without counting it', () => {
    const until: Date[] = [];
    const keep = (_letter: string, date: Date): string => (until.push(date), 'L');
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const options = anEffect({ concurrency: 1, limit: perKey(100, 1), later: keep, holdMs: 15 });
      expectObservable(drawn(message$('(aaa)---a---|').pipe(mergeMapEach(send, options)))).toBe('-(AL) 6ms A 9ms (A|)');
    });
    expect(until).toEqual([new Date(20)]);
  });

  it('counts the wait for the rate as holding, besides those between tries', () => {
    let tries = 0;
    const failing = (letter: string): Observable<string> => {
      if (letter === 'b') tries++;
      return letter === 'b' ? throwError(() => new WeirError('unavailable', 'down')) : of('A');
    };
    const limit = rateLimit<string>({ perSecond: 100, burst: 1, keyOf: () => 'one' });
    const retry = { maxRetries: 9, firstDelayMs: 8, maxDelayMs: 8 };
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      // b waits 10 ms for its rate, then 4 between its two tries; another 4 would be more than 16.
      expectObservable(drawn(message$('(ab)|').pipe(mergeMapEach(failing, anEffect({ limit, later, retry, holdMs: 16 }))))).toBe(
        'A 13ms (L|)',
      );
    });
    expect(tries).toBe(2);
  });

  it('gives back what waits for its rate when the run drains', () => {
    inVirtualTime(({ expectObservable, message$, drawn, run }) => {
      run.clock.after(4, () => run.drain());
      const options = anEffect({ concurrency: 1, limit: perKey(100, 1), later });
      expectObservable(drawn(message$('(aa)--|').pipe(mergeMapEach(send, options)))).toBe('-A--r-|');
    });
  });

  it('keeps everything in line while the total rate is closed, puts nothing off, and gives the line back when the run drains', () => {
    inVirtualTime(({ expectObservable, message$, drawn, run }) => {
      run.clock.after(25, () => run.drain());
      const options = anEffect({ concurrency: 9, limit: perKey(1000, 1, 100), later, holdMs: 1 });
      expectObservable(drawn(message$('(abcde)|').pipe(mergeMapEach(send, options)))).toBe('-A 9ms B 9ms C 3ms (rr|)');
    });
  });

  it('puts a message aside when the limit itself fails', () => {
    const limit = rateLimit<string>({ perSecond: 1, burst: 1, keyOf: () => { throw new RangeError('no key'); } }); // prettier-ignore
    const run = inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('a|').pipe(mergeMapEach(send, anEffect({ limit, later }))))).toBe('x|');
    });
    expect(run.deadLetters).toMatchObject([{ code: 'defect' }]);
  });

  it('does not let a destination of 10 a second hold the others', () => {
    const starts: Record<string, number[]> = { slow: [], fast: [] };
    inVirtualTime(({ flush, run }) => {
      const deliver = (to: string): Observable<string> => {
        starts[to]?.push(run.clock.elapsedMs());
        return timer(10).pipe(map(() => to));
      };
      const rates = { perSecond: 10, burst: 1, keyOf: (to: string) => to };
      const slow = rateLimit<string>(rates);
      const limit = { reserve: (to: string, nowMs: number, maxMs: number) => (to === 'slow' ? slow.reserve(to, nowMs, maxMs) : 0) };
      range(0, 1000)
        .pipe(
          map((at) => anOpen(at % 5 === 0 ? 'slow' : 'fast', { run })),
          mergeMapEach(deliver, anEffect({ concurrency: 10, holdMs: 1000, limit, later: () => 'later' })),
        )
        .subscribe();
      flush();
    });
    expect(starts['fast']).toHaveLength(800);
    // 10 at once, 10 ms each: 800 of them need 800 ms, and the slow ones a few slots now and then.
    expect(Math.max(...(starts['fast'] ?? []))).toBeLessThan(900);
    expect(starts['slow']?.length).toBeGreaterThan(10);
    expect(starts['slow']).toEqual(starts['slow']?.map((_, at) => at * 100));
  });
});
