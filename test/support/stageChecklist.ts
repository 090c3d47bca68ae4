import { concat, map, NEVER, of, range, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { stageOf, type Step } from '../../operators/step.ts';
import { isOpen } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun } from './aRun.ts';
import { inVirtualTime } from './marbles.ts';

/** What holds for every stage, whatever it does with open messages. `make` is a stage that answers at once, named `name`. */
export function describeStage(name: string, make: () => Step<string, string>): void {
  describe('as every stage', () => {
    it('is named after its function', () => {
      expect(stageOf(make())).toBe(name);
    });

    it('completes with an empty source', () => {
      inVirtualTime(({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('--|').pipe(make()))).toBe('--|');
      });
    });

    it('stays silent with a silent source', () => {
      inVirtualTime(({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('-').pipe(make()))).toBe('-');
      });
    });

    it('passes an error of the source on', () => {
      inVirtualTime(({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('--#').pipe(make()))).toBe('--#');
      });
    });

    it('passes decided messages by, unchanged', () => {
      const decided = [aDecided('dead'), aDecided('skipped'), aDecided('released')];
      const seen: unknown[] = [];
      of(...decided)
        .pipe(make())
        .subscribe((message) => seen.push(message));
      expect(seen).toHaveLength(3);
      seen.forEach((message, at) => expect(message).toBe(decided[at]));
    });

    it('leaves the source at unsubscription', () => {
      inVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('-----|');
        const result$ = source.pipe(
          map((letter) => anOpen(letter)),
          make(),
          map(() => '?'),
        );
        expectObservable(result$, '--!').toBe('---');
        expectSubscriptions(source.subscriptions).toBe('^-!');
      });
    });

    it('leaves an endless synchronous source when the subscriber has enough', () => {
      const run = aRun();
      const seen: unknown[] = [];
      range(0, Infinity)
        .pipe(
          map(() => aDecided('done', { run })),
          make(),
          take(3),
        )
        .subscribe((message) => seen.push(message));
      expect(seen).toHaveLength(3);
    });

    it('gives its subscribers nothing of each other', () => {
      const stage = make();
      const run = aRun();
      const seen: unknown[] = [];
      const abandoned = concat(of(anOpen('a', { run })), NEVER)
        .pipe(stage)
        .subscribe();
      abandoned.unsubscribe();
      of(anOpen('b', { run }))
        .pipe(stage)
        .subscribe((message) => seen.push(isOpen(message) ? message.envelope : undefined));
      expect(seen).toHaveLength(1);
    });
  });
}
