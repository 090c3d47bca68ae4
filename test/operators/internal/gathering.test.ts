import { NEVER, from, map, of, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { mergeMapEach } from '../../../operators/mergeMapEach.ts';
import { anOpen, aRun } from '../../support/aRun.ts';
import { anEffect } from '../../support/effectOptions.ts';

/** Claims as they were asked, `[virtual time, values]`, of effects that take as long as their value says, in milliseconds. */
function claimsOf(delays: readonly number[], concurrency: number, claimWaitMs: number): readonly (readonly [number, readonly number[]])[] {
  const scheduler = new TestScheduler(() => undefined);
  const claims: (readonly [number, readonly number[]])[] = [];
  scheduler.run(({ cold, flush }) => {
    const run = aRun({ scheduler });
    const claim = (values: readonly number[]): Observable<readonly number[]> => {
      claims.push([scheduler.now(), values]);
      return of(values);
    };
    const effect = (value: number): Observable<number> => (value === 0 ? NEVER : cold(`${value}ms (a|)`, { a: value }));
    from(delays)
      .pipe(
        map((value) => anOpen(value, { key: String(value), run })),
        mergeMapEach(effect, anEffect({ concurrency, claim, claimWaitMs, timeLimitMs: 1_000 })),
      )
      .subscribe();
    flush();
  });
  return claims;
}

const times = (claims: ReturnType<typeof claimsOf>): readonly number[] => claims.map(([atMs]) => atMs);

describe('slots that gather before a claim', () => {
  it('are claimed for once half of them are free', () => {
    const claims = claimsOf([1, 2, 3, 9, 9, 9], 4, 100);
    expect(times(claims)).toEqual([0, 0, 0, 1, 3]);
    expect(claims[3]?.[1]).toEqual([9, 9]);
  });

  it('are claimed for when the first has waited long enough, though the others are held; then anew', () => {
    expect(times(claimsOf([0, 0, 0, 9, 9], 4, 5))).toEqual([0, 0, 0, 5, 19]);
  });

  it('are claimed for one by one where no wait is asked for', () => {
    expect(times(claimsOf([1, 2, 3, 9, 9], 4, 0))).toEqual([0, 0, 0, 0, 1]);
  });
});
