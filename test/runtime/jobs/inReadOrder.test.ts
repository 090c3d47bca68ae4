import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { inReadOrder } from '../../../src/runtime/jobs/inReadOrder.ts';
import type { Message } from '../../../src/message/message.ts';
import { anOpen } from '../../support/aRun.ts';
import { inVirtualTime } from '../../support/marbles.ts';

/** What leaves for rows that were read in the order of the alphabet and come as they are drawn. */
function check(source: string, expected: string, error?: unknown): void {
  inVirtualTime(({ cold, expectObservable }) => {
    const message$ = cold(source).pipe(map((letter): Message<string> => anOpen(letter, { position: letter })));
    const ordered$ = message$.pipe(
      inReadOrder('bill', (position) => position.charCodeAt(0) - 'a'.charCodeAt(0)),
      map(({ envelope }) => envelope.position),
    );
    expectObservable(ordered$).toBe(expected, undefined, error);
  });
}

describe('inReadOrder', () => {
  it.each([
    ['nothing', '--|', '--|'],
    ['a silent source', '--', '--'],
    ['rows in order at once', 'a-b-c|', 'a-b-c|'],
    ['a row that waits for the one before it', 'a-c-b----|', 'a---(bc)-|'],
    ['many that wait for one', 'd-c-b-a-----|', '------(abcd)|'],
    ['two gaps, one after the other', 'b-d-a---c---|', '----(ab)(cd)|'],
  ])('passes %s', (_what, source, expected) => check(source, expected));

  it('passes an error on and drops what waits', () => check('a-c-#', 'a---#', 'error'));

  it('takes it for a defect when a row never comes', () => {
    inVirtualTime(({ cold, flush }) => {
      const errors: unknown[] = [];
      cold('a-c|')
        .pipe(
          map((letter): Message<string> => anOpen(letter, { position: letter })),
          inReadOrder('bill', (position) => position.charCodeAt(0) - 'a'.charCodeAt(0)),
        )
        .subscribe({ error: (error: unknown) => errors.push(error) });
      flush();
      expect(errors).toMatchObject([{ code: 'defect', message: '1 rows came to bill and one before them never did.' }]);
    });
  });
});
