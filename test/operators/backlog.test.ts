import { Observable, range, Subject, map, of, type ObservableInput } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backlog, type Backlog } from '../../operators/backlog.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import { isOpen } from '../../src/message/message.ts';
import { anOpen, aRun } from '../support/aRun.ts';
import { anEffect } from '../support/effectOptions.ts';

/** A chain of effects that end at once and are recorded as slowly as the test says. */
function slowlyRecorded(shared: Backlog, answerOf: (value: number) => Answer<number> = (value) => value) {
  const effect = (value: number): ObservableInput<Answer<number>> => [answerOf(value)];
  const run = aRun();
  const recordings: { readonly values: readonly number[]; readonly end: () => void }[] = [];
  const out: (number | string)[] = [];
  let claimed = 0;
  let isComplete = false;
  const record = (values: readonly number[]): Observable<readonly number[]> => {
    const answer = new Subject<readonly number[]>();
    recordings.push({ values, end: () => answer.next(values) });
    return answer;
  };
  const claim = (values: readonly number[]): Observable<readonly number[]> => {
    claimed += values.length;
    return of(values);
  };
  const subscription = range(1, 30)
    .pipe(
      map((value) => anOpen(value, { key: String(value), run })),
      mergeMapEach(effect, anEffect({ concurrency: 3, claim, backlog: shared })),
      mapChunk(record, { size: 5, maxWaitMs: 0, backlog: shared }),
    )
    .subscribe({
      next: (message) => out.push(isOpen(message) ? message.value : message.outcome),
      complete: () => (isComplete = true),
    });
  return { recordings, out, claimed: () => claimed, isComplete: () => isComplete, subscription };
}

describe('backlog', () => {
  it('keeps claims that are not recorded below concurrency and one recording', () => {
    const { recordings, out, claimed, isComplete } = slowlyRecorded(backlog(5));
    expect(claimed()).toBeLessThan(3 + 5);
    for (let recorded = 0; recorded < recordings.length; recorded += 1) {
      expect(claimed() - out.length).toBeLessThan(3 + 5);
      recordings[recorded]?.end();
    }
    expect(isComplete()).toBe(true);
    expect(out).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  it('does not count messages that end without being recorded', () => {
    const { out, isComplete } = slowlyRecorded(backlog(5), () => skip('not ours'));
    expect(isComplete()).toBe(true);
    expect(out).toHaveLength(30);
  });

  it('wakes nobody after the end of a subscription', () => {
    const { recordings, claimed, subscription } = slowlyRecorded(backlog(5));
    const before = claimed();
    subscription.unsubscribe();
    recordings[0]?.end();
    expect(claimed()).toBe(before);
  });

  it('wakes when it is full no more, not each time', () => {
    const shared = backlog(2);
    let wakes = 0;
    const end = shared.onRoom(() => (wakes += 1));
    for (let count = 0; count < 4; count += 1) shared.enter();
    shared.leave(2);
    expect([shared.isFull(), wakes]).toEqual([true, 0]);
    shared.leave(1);
    shared.leave(1);
    expect([shared.isFull(), wakes]).toEqual([false, 1]);
    end();
    shared.enter();
    shared.enter();
    shared.leave(1);
    expect(wakes).toBe(1);
  });

  it('refuses to hold nothing', () => {
    expect(() => backlog(0)).toThrow('maxCount');
  });
});
