import {
  concat,
  concatMap,
  EMPTY,
  ignoreElements,
  lastValueFrom,
  map,
  NEVER,
  of,
  range,
  Subject,
  throwError,
  timer,
  Observable,
  type ObservableInput,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EffectOptions } from '../../operators/effectOptions.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { WeirError, type ErrorCode } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Message } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun, type FakeRun, type RunOptions } from '../support/aRun.ts';
import { collected } from '../support/collected.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { describeStage } from '../support/stageChecklist.ts';

type Send = (letter: string, signal: AbortSignal) => ObservableInput<Answer<string>>;
type Options = Partial<EffectOptions<string, string, string, string>>;

/** Upper case after `durationMs`, at once when that is 0. */
function sending(durationMs: number): Send {
  const send = (letter: string): Observable<string> => {
    const answer$ = of(letter.toUpperCase());
    return durationMs === 0 ? answer$ : timer(durationMs).pipe(concatMap(() => answer$));
  };
  return send;
}

/** Fails as often as there are errors, then succeeds; each try takes 1 ms. */
function failing(...errors: readonly Error[]): { send: Send; tries: () => number } {
  let tries = 0;
  const send = (letter: string): Observable<string> => {
    const error = errors[tries++];
    const end$ = error === undefined ? of(letter.toUpperCase()) : throwError(() => error);
    return timer(1).pipe(concatMap(() => end$));
  };
  return { send, tries: () => tries };
}

function an(code: ErrorCode, retryAfterMs?: number): WeirError {
  return new WeirError(code, `it is ${code}`, retryAfterMs === undefined ? {} : { retryAfterMs });
}

interface Case {
  readonly run?: Omit<RunOptions, 'scheduler'>;
  readonly error?: unknown;
  readonly unsubscribe?: string;
  /** When the run drains or is cut, in frames. */
  readonly drainAt?: number;
  readonly cutAt?: number;
}

/** Runs a drawing through the stage and expects the result; returns the run. */
function expectDrawn(source: string, send: Send, options: Options, result: string, over: Case = {}): FakeRun {
  return inVirtualTime(({ expectObservable, message$, drawn, run }) => {
    const { drainAt, cutAt } = over;
    if (drainAt !== undefined) run.clock.after(drainAt, () => run.drain());
    if (cutAt !== undefined) run.clock.after(cutAt, () => run.cut());
    const result$ = drawn(message$(source).pipe(mergeMapEach(send, anEffect(options))));
    expectObservable(result$, over.unsubscribe).toBe(result, undefined, over.error);
  }, over.run);
}

const refused = (letter: string, error: unknown): string => `${letter} refused: ${(error as WeirError).code}`;

describe('mergeMapEach', () => {
  describeStage('send', () => mergeMapEach(sending(0), anEffect()));

  it('answers one and many, each as it ends', () => {
    expectDrawn('a|', sending(3), {}, '---(A|)');
    const slowA: Send = (letter) => sending(letter === 'a' ? 9 : 2)(letter, new AbortController().signal);
    expectDrawn('abc|', slowA, {}, '---B-C---(A|)');
  });

  it('starts at most `concurrency` effects, the others wait in line', () => {
    let [active, most] = [0, 0];
    const send: Send = (letter) => {
      most = Math.max(most, ++active);
      return timer(4).pipe(map(() => (active--, letter.toUpperCase())));
    };
    expectDrawn('(abcde)|', send, { concurrency: 2 }, '----(AB)(CD)(E|)');
    expect(most).toBe(2);
  });

  it('keeps to its concurrency after messages were put off', () => {
    const limit = { reserve: (letter: string) => (letter === 'p' ? 9_999 : 0) };
    expectDrawn('(ppbcd)|', sending(5), { concurrency: 1, limit, later: () => 'L' }, '(LL)-B----C----(D|)');
  });

  it('passes decided messages at once', () => {
    expectDrawn('aDD|', sending(5), { concurrency: 1 }, '-DD--(A|)');
  });

  it('ends messages by the decisions of the effect', () => {
    const send: Send = (letter) => of({ s: skip('a duplicate'), p: defer('its row waits'), x: dead(an('refused')) }[letter] ?? letter);
    const run = expectDrawn('spxa|', send, {}, 'spxa|');
    expect(run.deadLetters).toMatchObject([{ key: 'x', stage: 'send', code: 'refused' }]);
  });

  describe('counts the first value of an effect only', () => {
    it('and leaves the effect then, without aborting it', () => {
      let signal: AbortSignal | undefined;
      const send: Send = (letter, given) => {
        signal = given;
        return concat(of(letter, 'z'), NEVER);
      };
      expectDrawn('a|', send, {}, 'a|');
      expect(signal?.aborted).toBe(false);
    });

    it('and takes none for a defect', () => {
      const send: Send = () => EMPTY;
      expect(expectDrawn('a|', send, {}, 'x|').deadLetters).toMatchObject([{ code: 'defect' }]);
    });
  });

  describe('tries a transient error again', () => {
    const retry = { maxRetries: 3, firstDelayMs: 10, maxDelayMs: 24 };
    const holdMs = 1000;

    it('after a random part of a wait that doubles up to its cap', () => {
      const { send } = failing(an('unavailable'), an('conflict'), an('unavailable'));
      // Four calls of 1 ms, and half of 10, 20 and 24 ms between them.
      const run = expectDrawn('a|', send, { retry, holdMs }, '31ms (A|)', { run: { random: () => 0.5 } });
      expect(run.retries).toEqual(['send', 'send', 'send']);
    });

    it('not before the error says', () => {
      expectDrawn('a|', failing(an('throttled', 200)).send, { retry, holdMs }, '202ms (A|)');
    });

    it('holding its slot', () => {
      expectDrawn('(ab)|', failing(an('unavailable')).send, { retry, holdMs, concurrency: 1 }, '7ms A (B|)');
    });

    it('and puts it aside as exhausted after the last try', () => {
      const { send, tries } = failing(an('unavailable'), an('unavailable'), an('unavailable'));
      const run = expectDrawn('a|', send, { retry: { ...retry, maxRetries: 2 }, holdMs }, '18ms (x|)');
      expect(tries()).toBe(3);
      expect(run.deadLetters).toEqual([{ key: 'a', stage: 'send', code: 'exhausted', text: 'Given up after 3 tries: it is unavailable' }]);
    });

    it('only while all its waits fit into `holdMs`', () => {
      const { send, tries } = failing(an('unavailable'), an('unavailable'), an('unavailable'));
      expectDrawn('a|', send, { retry, holdMs: 14 }, '7ms (x|)');
      expect(tries()).toBe(2);
    });

    it('later, by a verdict, where there is one', () => {
      const until: Date[] = [];
      const later = (letter: string, date: Date): string => {
        until.push(date);
        return letter.toUpperCase();
      };
      const run = expectDrawn('a|', failing(an('throttled', 60_000)).send, { retry, holdMs, later }, '-(A|)');
      expect(until).toEqual([new Date(60_001)]);
      expect(run.deadLetters).toEqual([]);
    });
  });

  describe('with an error that is permanent', () => {
    it('gives the verdict `refused`', () => {
      const verdicts: string[] = [];
      const keep = (letter: string, error: unknown): string => (verdicts.push(refused(letter, error)), 'R');
      expectDrawn('a|', failing(an('refused')).send, { refused: keep }, '-(R|)');
      expect(verdicts).toEqual(['a refused: refused']);
    });

    it('puts the message aside where there is no verdict', () => {
      const run = expectDrawn('a|', failing(an('refused')).send, {}, '-(x|)');
      expect(run.deadLetters).toEqual([{ key: 'a', stage: 'send', code: 'refused', text: 'it is refused' }]);
    });
  });

  describe('with a defect', () => {
    it('puts the message aside, once, and goes on', () => {
      const { send, tries } = failing(new TypeError('undefined is not a function'));
      const run = expectDrawn('ab|', send, { refused, retry: { maxRetries: 5, firstDelayMs: 1, maxDelayMs: 1 } }, '-x(B|)');
      expect(tries()).toBe(2);
      expect(run.deadLetters).toMatchObject([{ code: 'defect', text: 'TypeError (see the log)' }]);
    });

    it('thrown by the effect at once, or by a verdict, treats it alike', () => {
      const thrower: Send = () => {
        throw new RangeError('here');
      };
      const badVerdict = (): string => {
        throw new RangeError('there');
      };
      expect(expectDrawn('a|', thrower, {}, 'x|').deadLetters).toMatchObject([{ code: 'defect' }]);
      expect(expectDrawn('a|', failing(an('refused')).send, { refused: badVerdict }, '-(x|)').deadLetters).toMatchObject([
        { code: 'defect' },
      ]);
    });
  });

  describe('with an unknown end', () => {
    const parked = (letter: string, error: unknown): string => `${letter} ${(error as WeirError).code}`;

    it('gives the verdict `unknown`, and does not try again', () => {
      const { send, tries } = failing(an('outcomeUnknown'));
      const verdicts: string[] = [];
      expectDrawn(
        'a|',
        send,
        {
          unknown: (letter, error) => (verdicts.push(parked(letter, error)), 'U'),
          retry: { maxRetries: 5, firstDelayMs: 1, maxDelayMs: 1 },
        },
        '-(U|)',
      );
      expect(verdicts).toEqual(['a outcomeUnknown']);
      expect(tries()).toBe(1);
    });

    it('tries an idempotent effect again', () => {
      const { send } = failing(an('outcomeUnknown'));
      expectDrawn('a|', send, { unknown: 'retry', retry: { maxRetries: 1, firstDelayMs: 10, maxDelayMs: 10 } }, '7ms (A|)');
    });

    it('by the time limit, but for an effect that tells at once that it surely did not happen: that may be tried again', () => {
      const obeying: Send = (letter, signal) =>
        new Observable((subscriber) => {
          signal.addEventListener('abort', () => subscriber.error(new WeirError('cancelled', 'cut before the dot')));
          signal.addEventListener('abort', () => subscriber.next(letter));
        });
      const told: string[] = [];
      const failed = (error: unknown): void => void told.push(error instanceof WeirError ? error.code : 'none');
      const entry = { mayCall: () => true, answered: () => undefined, failed, leave: () => undefined };
      const gate = { name: 'smtp', isOpen: () => true, enter: () => entry, onOpen: () => () => undefined };
      expectDrawn('a', obeying, { timeLimitMs: 7, gate, unknown: () => 'U', later: () => 'L' }, '7ms L');
      expect(told).toEqual(['unavailable']);
    });

    it('by the time limit: aborts the signal and drops what the effect says then', () => {
      const signals: AbortSignal[] = [];
      const late = new Subject<string>();
      const send: Send = (_letter, signal) => {
        signals.push(signal);
        signal.addEventListener('abort', () => late.next('Z'));
        return late;
      };
      const verdicts: string[] = [];
      expectDrawn('a|', send, { timeLimitMs: 7, unknown: (letter, error) => (verdicts.push(parked(letter, error)), 'U') }, '7ms (U|)');
      expect(verdicts).toEqual(['a timedOut']);
      expect(signals[0]?.reason).toMatchObject({ code: 'timedOut' });
    });
  });

  it('errors the chain when a dead letter cannot be written', () => {
    const failed = an('unavailable');
    const write = (): Observable<never> =>
      concat(
        timer(3).pipe(ignoreElements()),
        throwError(() => failed),
      );
    expectDrawn('ab|', failing(an('refused')).send, {}, '--B-#', { run: { deadLetter: write }, error: failed });
  });

  it('holds the slot until the dead letter is durable, and completes then', () => {
    const send: Send = (letter) => of(letter === 'x' ? dead(an('refused')) : letter);
    expectDrawn('xa|', send, { concurrency: 1 }, '----(xa|)', { run: { deadLetter: () => timer(4) } });
  });

  it('aborts the signals of its effects when the source fails', () => {
    const { send, signals } = neverending();
    expectDrawn('ab#', send, {}, '--#');
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it('aborts the signals of its effects at unsubscription, and starts no more', () => {
    const { send, signals } = neverending();
    expectDrawn('(abcd)', send, {}, '-', { unsubscribe: '3ms !' });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
    expect(signals[0]?.reason).toMatchObject({ code: 'cancelled' });
  });

  it('ends claims and the writes of dead letters at unsubscription', () => {
    const ended: string[] = [];
    const endless = (name: string): Observable<never> => new Observable(() => () => ended.push(name));
    expectDrawn('a', sending(1), { claim: () => endless('claim') }, '-', { unsubscribe: '3ms !' });
    const send: Send = () => throwError(() => an('refused'));
    expectDrawn('a', send, {}, '-', { unsubscribe: '3ms !', run: { deadLetter: () => endless('write') } });
    expect(ended).toEqual(['claim', 'write']);
  });

  describe('when the run is cut', () => {
    it('claims nothing more', () => {
      const asked: string[] = [];
      const claim = (letters: readonly string[]): Observable<readonly string[]> => (asked.push(letters.join('')), of(letters));
      expectDrawn('a-b|', sending(1), { claim }, '-A', { cutAt: 2 });
      expect(asked).toEqual(['a']);
    });

    it('aborts effects, drops their results and starts nothing', () => {
      const { send, signals } = neverending();
      expectDrawn('(abc)d|', send, {}, '-', { cutAt: 3 });
      expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
    });

    it('already, starts nothing at all', () => {
      const { send, signals } = neverending();
      expectDrawn('-a|', send, {}, '-', { cutAt: 0 });
      expect(signals).toEqual([]);
    });
  });

  describe('when the run drains', () => {
    const retry = { maxRetries: 5, firstDelayMs: 20, maxDelayMs: 20 };

    it('gives back what waits for a retry, and what would wait', () => {
      expectDrawn('a----b|', failing(an('unavailable'), an('unavailable')).send, { retry }, '---r--(r|)', { drainAt: 3 });
    });

    it('runs what is in line, and lets effects in flight finish', () => {
      expectDrawn('(abc)|', sending(4), { concurrency: 1 }, '----A---B---(C|)', { drainAt: 2 });
    });

    it('puts off what was claimed, where it can: its row would stay claimed by nobody', () => {
      const options: Options = { retry, claim: (letters) => of(letters), later: (letter) => letter.toUpperCase() };
      expectDrawn('a|', failing(an('unavailable')).send, options, '---(A|)', { drainAt: 3 });
    });
  });

  describe('claims', () => {
    /** A claim that takes 2 ms and remembers what it was asked. */
    function claiming(answer: (letter: string) => Answer<string> = (letter) => letter): {
      claim: NonNullable<Options['claim']>;
      asked: string[];
    } {
      const asked: string[] = [];
      const claim = (letters: readonly string[]): Observable<readonly Answer<string>[]> => {
        asked.push(letters.join(''));
        return timer(2).pipe(map(() => letters.map(answer)));
      };
      return { claim, asked };
    }

    it('as many as there are free slots in one statement, one statement at a time', () => {
      const { claim, asked } = claiming();
      // a is claimed alone since it came alone; then two slots are free of three.
      expectDrawn('(abcdef)|', sending(20), { concurrency: 3, claim }, '22ms A-(BC) 16ms D-(EF|)');
      expect(asked).toEqual(['a', 'bc', 'd', 'ef']);
    });

    it('never more than it can begin: claimed and not finished stays within `concurrency`', () => {
      let [claimed, most] = [0, 0];
      const claim = (letters: readonly number[]): Observable<readonly number[]> => {
        claimed += letters.length;
        most = Math.max(most, claimed);
        return timer(1).pipe(map(() => letters));
      };
      const send = (value: number): Observable<number> => timer(1 + (value % 7)).pipe(map(() => (claimed--, value)));
      let seen = 0;
      inVirtualTime(({ run, flush }) => {
        range(0, 300)
          .pipe(
            map((value) => anOpen(value, { run })),
            mergeMapEach(send, anEffect<number>({ concurrency: 5, claim })),
          )
          .subscribe(() => seen++);
        flush();
      });
      expect(seen).toBe(300);
      expect(most).toBe(5);
    });

    it('and gives the effect what the claim answered', () => {
      const { claim } = claiming((letter) => (letter === 's' ? skip('claimed by another') : `${letter}+`));
      const seen: unknown[] = [];
      inVirtualTime(({ message$, drawn, flush }) => {
        drawn(message$('(as)|').pipe(mergeMapEach(sending(1), anEffect({ claim })))).subscribe((letter) => seen.push(letter));
        flush();
      });
      expect(seen).toEqual(['A+', 's']);
    });

    it.each(['unavailable', 'outcomeUnknown'] as const)('and errors the chain when the claim is %s', (code) => {
      const error = an(code);
      expectDrawn('a|', sending(1), { claim: () => throwError(() => error) }, '#', { error });
    });

    it('and narrows a permanent error down to its message', () => {
      const asked: string[] = [];
      const claim = (letters: readonly string[]): Observable<readonly string[]> => {
        asked.push(letters.join(''));
        const end$ = letters.includes('b') ? throwError(() => an('constraint')) : of(letters);
        return timer(1).pipe(concatMap(() => end$));
      };
      const run = expectDrawn('(abc)----|', sending(0), { claim, concurrency: 4 }, '-A--(xC)-|');
      expect(asked).toEqual(['a', 'bc', 'b', 'c']);
      expect(run.deadLetters).toMatchObject([{ key: 'b', stage: 'send', code: 'constraint' }]);
    });

    it('with answers of another length are defects', () => {
      const run = expectDrawn('a|', sending(0), { claim: () => of([]) }, 'x|');
      expect(run.deadLetters).toMatchObject([{ code: 'defect' }]);
    });
  });

  it('tells how long each effect took, its waits included', () => {
    const run = expectDrawn(
      'a|',
      failing(an('unavailable')).send,
      { retry: { maxRetries: 1, firstDelayMs: 10, maxDelayMs: 10 } },
      '7ms (A|)',
    );
    expect(run.measured).toEqual([{ stage: 'send', seconds: 0.007, count: 1 }]);
  });

  it('tells the run of Promises, of claims too', async () => {
    const run = aRun();
    const send = (value: string): Promise<string> => Promise.resolve(value.toUpperCase());
    const claim = (values: readonly string[]): Promise<readonly string[]> => Promise.resolve(values);
    const result$ = of(anOpen('a', { run })).pipe(mergeMapEach(send, anEffect({ claim })));
    expect(await lastValueFrom(result$, { defaultValue: undefined })).toMatchObject({ value: 'A' });
    expect(run.tracked).toHaveLength(2);
  });

  it('does not nest when each emission causes input', () => {
    const source = new Subject<Message<number>>();
    const run = aRun();
    const rounds = 20_000;
    let seen = 0;
    const send = (value: number): Observable<number> => of(value);
    source.pipe(mergeMapEach(send, anEffect())).subscribe(() => {
      seen++;
      if (seen < rounds) source.next(seen % 2 === 0 ? anOpen(seen, { run }) : aDecided('done', { run }));
    });
    source.next(anOpen(0, { run }));
    expect(seen).toBe(rounds);
  });

  it('does not nest when thousands of effects end synchronously', () => {
    const run = aRun();
    const send = (value: number): Observable<number> => of(value);
    let seen = 0;
    range(0, 50_000)
      .pipe(
        map((value) => anOpen(value, { run })),
        mergeMapEach(send, anEffect<number>({ concurrency: 1, claim: (values) => of(values) })),
      )
      .subscribe(() => seen++);
    expect(seen).toBe(50_000);
  });

  it('keeps no reference to what has ended', async () => {
    const run = aRun();
    const references: WeakRef<object>[] = [];
    const send = (value: object): Observable<object> => of(value);
    const message$ = range(0, 4).pipe(
      map((value) => {
        const message = anOpen({ value }, { run });
        references.push(new WeakRef(message), new WeakRef(message.value));
        return message;
      }),
    );
    const subscription = concat(message$, NEVER).pipe(mergeMapEach(send, anEffect())).subscribe();
    expect(await collected(references)).toEqual(references.map(() => true));
    subscription.unsubscribe();
  });

  it('refuses what would wait for ever, and a function without a name', () => {
    const limit = { reserve: () => 0 };
    expect(() => mergeMapEach(sending(0), anEffect({ concurrency: 0 }))).toThrow(RangeError);
    expect(() => mergeMapEach(sending(0), anEffect({ limit }))).toThrow(/a limit or a share needs `later`/u);
    expect(() => mergeMapEach((value: string) => of(value), anEffect())).toThrow(TypeError);
  });
});

function neverending(): { send: Send; signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const send: Send = (_letter, signal) => {
    signals.push(signal);
    return NEVER;
  };
  return { send, signals };
}
