import {
  concat,
  concatMap,
  EMPTY,
  lastValueFrom,
  ignoreElements,
  map,
  NEVER,
  of,
  range,
  Subject,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import { isOpen, type Message } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun, type FakeRun, type RunOptions } from '../support/aRun.ts';
import { collected } from '../support/collected.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { describeStage } from '../support/stageChecklist.ts';

const options = { size: 3, maxWaitMs: 5 };

function upper(values: readonly string[]): Observable<readonly string[]> {
  return of(values.map((value) => value.toUpperCase()));
}

function same<T>(values: readonly T[]): Observable<readonly T[]> {
  return of(values);
}

interface Recorder {
  /** The values of each call. */
  readonly calls: string[];
  readonly record: (values: readonly string[]) => Observable<readonly string[]>;
}

/** Remembers its calls; each takes `durationMs`, none when that is 0. */
function recorder(durationMs = 0): Recorder {
  const calls: string[] = [];
  const record = (values: readonly string[]): Observable<readonly string[]> => {
    calls.push(values.join(''));
    return durationMs === 0 ? upper(values) : timer(durationMs).pipe(concatMap(() => upper(values)));
  };
  return { calls, record };
}

/** Fails each call that holds a bad value, as a database does with a chunk. */
function failing(bad: string, error: Error): Recorder {
  const { calls, record } = recorder();
  const orFail = (values: readonly string[]): Observable<readonly string[]> =>
    values.some((value) => bad.includes(value))
      ? concat(
          record(values).pipe(ignoreElements()),
          throwError(() => error),
        )
      : record(values);
  return { calls, record: orFail };
}

function answers(values: readonly string[]): Observable<readonly Answer<string>[]> {
  const one = (value: string): Answer<string> => {
    if (value === 's') return skip('a duplicate');
    if (value === 'p') return defer('its row waits');
    return value === 'x' ? dead(new WeirError('refused', 'not ours')) : value.toUpperCase();
  };
  return of(values.map(one));
}

/** Runs a drawing through the stage, expects the result, returns the run. */
function expectDrawn(source: string, record: Recorder['record'], result: string, runOptions: RunOptions = {}, error?: unknown): FakeRun {
  return inVirtualTime(({ expectObservable, message$, drawn }) => {
    expectObservable(drawn(message$(source).pipe(mapChunk(record, options)))).toBe(result, undefined, error);
  }, runOptions);
}

describe('mapChunk', () => {
  describeStage('upper', () => mapChunk(upper, { size: 1, maxWaitMs: 5 }));

  describe('gathers', () => {
    it.each([
      ['one message until the source completes', 'a-|', '--(A|)', ['a']],
      ['many by their number', '(abcd)-|', '(ABC)D-|', ['abc', 'd']],
      ['as long as the oldest may wait', 'a-b-------c---|', '-----(AB)-----(C|)', ['ab', 'c']],
      ['anew after a chunk that was full', 'a-bc-d------|', '---(ABC)--D-|', ['abc', 'd']],
    ])('%s', (_name, source, result, expected) => {
      const { calls, record } = recorder();
      expectDrawn(source, record, result);
      expect(calls).toEqual(expected);
    });

    it('on while a call is under way, one call at a time', () => {
      const { calls, record } = recorder(10);
      expectDrawn('(abc)(de)f|', record, '10ms (ABC) 5ms (DEF|)');
      expect(calls).toEqual(['abc', 'def']);
    });

    it('what comes during a call into the next one, however long it waited', () => {
      const { calls, record } = recorder(12);
      expectDrawn('(abc)d-----e', record, '12ms (ABC) 7ms (DE)');
      expect(calls).toEqual(['abc', 'de']);
    });
  });

  describe('with decided messages', () => {
    it('passes them at once where nothing is before them', () => {
      const { calls, record } = recorder();
      expectDrawn('D-D---|', record, 'D-D---|');
      expect(calls).toEqual([]);
    });

    it('keeps their place, without counting or showing them', () => {
      const { calls, record } = recorder();
      expectDrawn('(aDDDbcD)a-D|', record, '(ADDDBCD) 3ms (AD|)');
      expect(calls).toEqual(['abc', 'a']);
    });

    it('keeps them behind a call under way, and no longer', () => {
      const { calls, record } = recorder(10);
      expectDrawn('(abc)D', record, '10ms (ABCD)');
      expect(calls).toEqual(['abc']);
    });
  });

  describe('takes answers', () => {
    it('that end a message', () => {
      expectDrawn('(asp)|', answers as Recorder['record'], '(Asp)|');
    });

    it('and emits a dead message, with its chunk, once its dead letter is durable', () => {
      const run = expectDrawn('(axb)|', answers as Recorder['record'], '6ms (AxB|)', { deadLetter: () => timer(6) });
      expect(run.deadLetters).toEqual([{ key: 'x', stage: 'answers', code: 'refused', text: 'not ours' }]);
    });

    it('of another length as a defect of the call', () => {
      const short = (values: readonly string[]): Observable<readonly string[]> => upper(values.length === 1 ? values : values.slice(1));
      expectDrawn('(abc)|', short, '(ABC)|');
      const none = (): Observable<readonly string[]> => of([]);
      const run = expectDrawn('(ab)|', none, '----(xx|)');
      expect(run.deadLetters).toMatchObject([
        { code: 'defect' },
        { code: 'defect', text: '0 answers came for 1 messages; one for each was expected.' },
      ]);
    });

    it('only once: what a call emits after its first answer is not asked for', () => {
      const twice = (values: readonly string[]): Observable<readonly string[]> => concat(upper(values), of(['y', 'z']));
      expectDrawn('(ab)|', twice, '4ms (AB|)');
    });

    it('that never come, though the call has ended, as a defect', () => {
      const silent = (): Observable<readonly string[]> => EMPTY;
      expect(expectDrawn('a|', silent, '-(x|)').deadLetters).toMatchObject([{ code: 'defect' }]);
    });
  });

  describe('when a call fails', () => {
    it.each([
      ['permanently', new WeirError('constraint', 'a negative fee'), 'constraint'],
      ['by a defect', new TypeError('undefined is not a function'), 'defect'],
    ])('%s, finds the message by halves, in order, and saves its neighbours', (_name, error, code) => {
      const { calls, record } = failing('b', error);
      const run = expectDrawn('(abc)|', record, '(AxC)|');
      expect(calls).toEqual(['abc', 'ab', 'a', 'b', 'c']);
      expect(run.deadLetters).toMatchObject([{ key: 'b', stage: 'orFail', code }]);
    });

    it('by a throw, treats it alike', () => {
      const thrower = (values: readonly string[]): Observable<readonly string[]> => {
        if (values.includes('b')) throw new RangeError('b');
        return upper(values);
      };
      expectDrawn('(abc)|', thrower, '(AxC)|');
    });

    it.each([new WeirError('conflict', 'deadlock'), new WeirError('outcomeUnknown', 'connection lost in COMMIT')])(
      'with %s errors the chain and settles nothing',
      (error) => {
        const { calls, record } = failing('b', error);
        const run = expectDrawn('(abc)|', record, '#', {}, error);
        expect(calls).toEqual(['abc']);
        expect(run.deadLetters).toEqual([]);
      },
    );

    it('isolates one bad message among 1,000 in 2 log2(n) calls more', () => {
      const run = aRun();
      let calls = 0;
      const record = (values: readonly number[]): Observable<readonly number[]> => {
        calls++;
        return values.includes(617) ? throwError(() => new WeirError('constraint', 'row 617')) : of(values);
      };
      const seen: Message<number>[] = [];
      range(0, 1000)
        .pipe(
          map((value) => anOpen(value, { run, key: String(value) })),
          mapChunk(record, { size: 1000, maxWaitMs: 5 }),
        )
        .subscribe((message) => seen.push(message));
      expect(calls).toBeLessThanOrEqual(21);
      expect(seen.map(({ envelope }) => envelope.key)).toEqual(Array.from({ length: 1000 }, (_, at) => String(at)));
      expect(seen.filter((message) => !isOpen(message)).map(({ envelope, outcome }) => [envelope.key, outcome])).toEqual([['617', 'dead']]);
    });

    it('and the dead letter cannot be written, errors the chain', () => {
      const failed = new WeirError('unavailable', 'no broker');
      expectDrawn('(abc)|', answers as Recorder['record'], '(ABC)|', { deadLetter: () => throwError(() => failed) });
      expectDrawn('(axc)|', answers as Recorder['record'], '#', { deadLetter: () => throwError(() => failed) }, failed);
    });
  });

  it('drops what it has gathered when the source fails', () => {
    const { calls, record } = recorder();
    expectDrawn('ab#', record, '--#');
    expect(calls).toEqual([]);
  });

  it('ends call and wait at unsubscription', () => {
    const { calls, record } = recorder(10);
    inVirtualTime(({ cold, expectObservable, expectSubscriptions, message$, drawn }) => {
      const call = cold<readonly string[]>('----------a');
      const slow = (values: readonly string[]): Observable<readonly string[]> => {
        calls.push(values.join(''));
        return call;
      };
      expectObservable(drawn(message$('(abc)d').pipe(mapChunk(slow, options))), '7ms !').toBe('-');
      expectSubscriptions(call.subscriptions).toBe('^------!');
      expectObservable(drawn(message$('a').pipe(mapChunk(record, options))), '3ms !').toBe('-');
    });
    expect(calls).toEqual(['abc']);
  });

  it('begins no call once the run is cut', () => {
    const { calls, record } = recorder();
    inVirtualTime(({ expectObservable, message$, drawn, run }) => {
      run.cut();
      expectObservable(drawn(message$('D(abc)|').pipe(mapChunk(record, options)))).toBe('D');
    });
    expect(calls).toEqual([]);
  });

  it('tells how long each call took and for how many messages', () => {
    const { record } = recorder(10);
    const run = expectDrawn('(aDb)|', record, '15ms (ADB|)');
    expect(run.measured).toEqual([{ stage: 'record', seconds: 0.01, count: 2 }]);
  });

  it('tells the run of Promises, since unsubscribing does not stop them', async () => {
    const run = aRun();
    const write = (values: readonly string[]): Promise<readonly string[]> => Promise.resolve(values);
    const message = await lastValueFrom(of(anOpen('a', { run })).pipe(mapChunk(write, options)), { defaultValue: undefined });
    expect(message).toMatchObject({ value: 'a' });
    expect(run.tracked).toHaveLength(1);
  });

  it('does not nest when each emission causes input', () => {
    const source = new Subject<Message<number>>();
    const run = aRun();
    const most = 20_000;
    let seen = 0;
    source.pipe(mapChunk(same<number>, { size: 1, maxWaitMs: 5 })).subscribe((message) => {
      seen++;
      if (isOpen(message) && message.value < most) source.next(anOpen(message.value + 1, { run }));
      if (!isOpen(message) && seen < 2 * most) source.next(aDecided('done', { run }));
      if (isOpen(message) && message.value === most) source.next(aDecided('done', { run }));
    });
    source.next(anOpen(1, { run }));
    expect(seen).toBe(2 * most);
  });

  it('keeps no reference to what it has emitted', async () => {
    const run = aRun();
    const references: WeakRef<object>[] = [];
    const subscription = concat(
      range(0, 4).pipe(
        map((value) => {
          const message = anOpen({ value }, { run });
          references.push(new WeakRef(message));
          return message;
        }),
      ),
      NEVER,
    )
      .pipe(mapChunk(same<object>, { size: 2, maxWaitMs: 5 }))
      .subscribe();
    expect(await collected(references)).toEqual([true, true, true, true]);
    subscription.unsubscribe();
  });

  it('refuses a function without a name and sizes that would wait for ever', () => {
    expect(() => mapChunk((values: readonly string[]) => of(values), options)).toThrow(TypeError);
    expect(() => mapChunk(upper, { size: 0, maxWaitMs: 5 })).toThrow(RangeError);
  });
});
