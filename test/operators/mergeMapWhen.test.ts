import { map, of, timer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import { stageOf } from '../../operators/step.ts';
import { skip } from '../../src/message/decision.ts';
import type { Message } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun, type FakeRun } from '../support/aRun.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';

type Verdict = { readonly kind: 'send'; readonly to: string } | { readonly kind: 'quiet' };
interface Sent {
  readonly kind: 'sent';
  readonly to: string;
}

const quiet: Verdict = { kind: 'quiet' };

function toSend(to: string): Verdict {
  return { kind: 'send', to };
}

/** Takes 5 ms. */
function send({ to }: { readonly to: string }): Observable<Sent> {
  return timer(5).pipe(map(() => ({ kind: 'sent', to })));
}

function values(run: FakeRun): Record<string, Message<Verdict>> {
  return { a: anOpen(toSend('a'), { run }), b: anOpen(toSend('b'), { run }), q: anOpen(quiet, { run }), D: aDecided('done', { run }) };
}

function shown(message: Message<Verdict | Sent>): string {
  if (message.outcome !== undefined) return 'D';
  if (message.value.kind === 'quiet') return 'q';
  return message.value.kind === 'sent' ? message.value.to.toUpperCase() : message.value.to;
}

describe('mergeMapWhen', () => {
  it('is named after its effect', () => {
    expect(stageOf(mergeMapWhen<Verdict, 'send', Sent>('send', send, anEffect()))).toBe('send');
  });

  it.each([
    ['an empty source', '--|', '--|'],
    ['a silent source', '-', '-'],
    ['an error of the source', 'a-#', '--#'],
    ['values of its kind', 'ab|', '-----A(B|)'],
    ['values of other kinds and decided messages, which pass at once', 'aqDq-|', '-qDq-(A|)'],
  ])('handles %s', (_name, source, result) => {
    inVirtualTime(({ cold, expectObservable, run }) => {
      expectObservable(cold(source, values(run)).pipe(mergeMapWhen('send', send, anEffect()), map(shown))).toBe(result);
    });
  });

  it('gives claims and effects values of its kind only, and never lets others take a slot', () => {
    const asked: string[][] = [];
    const claim = (
      verdicts: readonly { readonly to: string }[],
    ): Observable<readonly (Extract<Verdict, { kind: 'send' }> | ReturnType<typeof skip>)[]> => {
      asked.push(verdicts.map(({ to }) => to));
      return of(verdicts.map(({ to }) => (to === 'b' ? skip('sent already') : { kind: 'send' as const, to })));
    };
    inVirtualTime(({ cold, expectObservable, run }) => {
      const result$ = cold('aqb--|', values(run)).pipe(mergeMapWhen('send', send, anEffect({ concurrency: 2, claim })), map(shown));
      expectObservable(result$).toBe('-qD--(A|)');
    });
    expect(asked).toEqual([['a'], ['b']]);
  });

  it('emits an answer that has its kind again, without a second effect', () => {
    const run = aRun();
    let calls = 0;
    const again = (value: { readonly to: string }): Observable<Verdict> => {
      calls++;
      return of(toSend(`${value.to}!`));
    };
    const seen: unknown[] = [];
    of<Message<Verdict>>(anOpen(toSend('a'), { run }))
      .pipe(mergeMapWhen('send', again, anEffect()))
      .subscribe((message) => seen.push(message));
    expect(seen).toMatchObject([{ value: { kind: 'send', to: 'a!' } }]);
    expect(calls).toBe(1);
  });

  it('refuses an effect without a name', () => {
    expect(() => mergeMapWhen<Verdict, 'send', Sent>('send', (value) => of({ kind: 'sent', to: value.to }), anEffect())).toThrow(TypeError);
  });
});
