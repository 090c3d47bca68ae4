import { map, type Observable } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { expect } from 'vitest';
import { isOpen, type Message } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun, type FakeRun, type RunOptions } from './aRun.ts';

/** How a decided message is drawn. */
const letters = { done: 'D', skipped: 's', deferred: 'p', dead: 'x', released: 'r' } as const;

export interface Marbles extends RunHelpers {
  readonly run: FakeRun;
  /** Messages from a drawing: `D` is decided (done) already, every other letter an open message with itself as value and key. */
  readonly message$: (marbles: string, keyOf?: (letter: string) => string) => Observable<Message<string>>;
  /** Messages as they are drawn: open ones by their value, decided ones as D done, s skipped, p deferred, x dead, r released. */
  readonly drawn: (message$: Observable<Message<string>>) => Observable<string>;
}

/** Runs a marble test in virtual time, with a run whose clock is the scheduler. Returns the run, for what it has recorded. */
export function inVirtualTime(test: (marbles: Marbles) => void, options: Omit<RunOptions, 'scheduler'> = {}): FakeRun {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const run = aRun({ ...options, scheduler });
  scheduler.run((helpers) =>
    test({
      ...helpers,
      run,
      message$: (marbles, keyOf = (letter) => letter) => helpers.cold(marbles).pipe(map((letter) => read(letter, keyOf(letter), run))),
      drawn: (message$) => message$.pipe(map((message) => (isOpen(message) ? message.value : letters[message.outcome]))),
    }),
  );
  return run;
}

function read(letter: string, key: string, run: FakeRun): Message<string> {
  return letter === 'D' ? aDecided('done', { key, run }) : anOpen(letter, { key, run });
}
