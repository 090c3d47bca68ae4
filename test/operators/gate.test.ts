import { concatMap, map, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EffectOptions } from '../../operators/effectOptions.ts';
import { mergeMapByKey } from '../../operators/mergeMapByKey.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { rateLimit } from '../../operators/rateLimit.ts';
import { WeirError } from '../../src/errors.ts';
import type { Message } from '../../src/message/message.ts';
import { runChain, type ChainRun } from '../../src/runtime/runChain.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';
import { aGate } from '../support/aGate.ts';
import { imbalance, aSpec } from '../support/aSpec.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

type Options = Partial<EffectOptions<number, number, number, string>>;

const away = (): WeirError => new WeirError('unavailable', 'it is away');

/** A chain of one stage, over a hundred messages. */
function running(send: (value: number) => Observable<number>, options: Options) {
  const clock = virtualClock(new Date(0));
  const source = scriptedSource({ count: 100 });
  const call = (value: number): Observable<number> => send(value);
  const chain = (message$: Observable<Message<number>>): Observable<Message<number | string>> =>
    message$.pipe(mergeMapEach(call, anEffect(options)));
  const run = runChain(aSpec({ source, clock, chain }));
  return { clock, source, run };
}

async function lawful(run: ChainRun): Promise<void> {
  run.cut();
  await run.ended;
  expect(imbalance(run.counts())).toBe(0);
}

describe('a gate', () => {
  it('lets nothing be claimed or called while it is closed, so that the window fills and the source reads no more', async () => {
    const gate = aGate({ isOpen: false });
    const asked: string[] = [];
    const send = (value: number): Observable<number> => {
      asked.push(`send ${value}`);
      return of(value);
    };
    const claim = (values: readonly number[]): Observable<readonly number[]> => {
      asked.push('claim');
      return of(values);
    };
    const { clock, run, source } = running(send, { gate, claim, later: () => 'later' });
    await clock.advance(3_600_000);
    expect({ asked, read: source.read.length, waits: run.waits() }).toEqual({
      asked: [],
      read: 20,
      waits: [{ why: 'breaker', name: 'smtp' }],
    });
    gate.open();
    await clock.advance(1);
    expect({ settled: source.settled.size, waits: run.waits() }).toEqual({ settled: 100, waits: [] });
    await lawful(run);
  });

  it('keeps a run from standing, and from having stood once it opens', async () => {
    const gate = aGate({ isOpen: false });
    const { clock, run } = running(() => NEVER, { gate, timeLimitMs: 3_600_000 });
    await clock.advance(600_000);
    expect(run.standingMs()).toBe(0);
    gate.open();
    await clock.advance(70_000);
    expect(run.standingMs()).toBe(70_000);
    await lawful(run);
  });

  it('puts nothing off that waits for its key while it is closed, however long', async () => {
    const gate = aGate();
    const calls: Subject<number>[] = [];
    const send = (): Observable<number> => {
      const call = new Subject<number>();
      calls.push(call);
      return call;
    };
    const putOff: number[] = [];
    const later = (value: number): string => {
      putOff.push(value);
      return 'later';
    };
    const share = { keyOf: () => 'one', concurrency: 1 };
    const { clock, run, source } = running(send, { gate, later, share, holdMs: 50, timeLimitMs: 3_600_000 });
    await clock.advance(40);
    gate.shut();
    await clock.advance(600_000);
    expect({ calls: calls.length, putOff }).toEqual({ calls: 1, putOff: [] });
    calls[0]?.next(0);
    gate.open();
    await clock.advance(1);
    expect({ calls: calls.length, putOff, settled: [...source.settled.keys()] }).toEqual({ calls: 2, putOff: [], settled: [0] });
    await lawful(run);
  });

  it('gives everything that waits before it back when the run drains', async () => {
    const gate = aGate({ isOpen: false });
    const { clock, run } = running((value) => of(value), { gate });
    await clock.advance(10);
    run.drain();
    await clock.advance(0);
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
    expect(run.counts()).toMatchObject({ received: 20, released: 20, inFlight: 0 });
  });

  it('gives back what its rate held until it was closed, when the run drains', async () => {
    const gate = aGate();
    const limit = rateLimit<number>({ perSecond: 10, burst: 1, keyOf: () => 'all' });
    const { clock, run } = running((value) => of(value), { gate, limit, later: () => 'later', holdMs: 150 });
    await clock.advance(50);
    gate.shut();
    await clock.advance(1_000);
    run.drain();
    await clock.advance(0);
    expect({ released: run.counts().released > 0, inFlight: run.counts().inFlight }).toEqual({ released: true, inFlight: 0 });
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
  });

  it('puts off what was claimed when it closes, without a call', async () => {
    const gate = aGate();
    const claimed$ = new Subject<void>();
    const calls: number[] = [];
    const send = (value: number): Observable<number> => {
      calls.push(value);
      return of(value);
    };
    const putOff: string[] = [];
    const later = (value: number, until: Date): string => {
      putOff.push(`${value} at ${until.getTime()}`);
      return 'later';
    };
    const { clock, run } = running(send, { gate, claim: (values) => claimed$.pipe(map(() => values)), later });
    await clock.advance(10);
    gate.shut();
    claimed$.next();
    await clock.advance(0);
    expect({ calls, putOff, inside: gate.inside.size }).toEqual({ calls: [], putOff: ['0 at 50'], inside: 0 });
    await lawful(run);
  });

  it('ends tries of what was claimed once it is closed: as later, at once', async () => {
    const gate = aGate({ onFailure: (it) => it.shut() });
    let calls = 0;
    const send = (): Observable<number> => {
      calls += 1;
      return throwError(() => away());
    };
    const putOff: number[] = [];
    const later = (value: number): string => {
      putOff.push(value);
      return 'later';
    };
    const retry = { maxRetries: 5, firstDelayMs: 1, maxDelayMs: 1 };
    const { clock, run } = running(send, { gate, claim: (values) => of(values), later, retry, concurrency: 1 });
    await clock.advance(1_000);
    expect({ calls, putOff, told: gate.told }).toEqual({ calls: 1, putOff: [0], told: ['failed'] });
    await lawful(run);
  });

  it('takes back what nobody claimed: no try is counted, it goes first when it opens, and the order of its key holds', () => {
    const gate = aGate({ onFailure: (it) => it.shut() });
    let isAway = true;
    const send = (letter: string): Observable<string> => {
      if (!isAway) return of(letter.toUpperCase());
      isAway = false;
      return throwError(() => away());
    };
    const run = inVirtualTime(({ expectObservable, message$, drawn, cold }) => {
      cold('--o').subscribe(() => gate.open());
      const stage = mergeMapByKey(send, anEffect({ gate, concurrency: 1 }));
      expectObservable(drawn(message$('(abc|)', () => 'one').pipe(stage))).toBe('--(ABC|)');
    });
    expect({ retries: run.retries, deadLetters: run.deadLetters }).toEqual({ retries: [], deadLetters: [] });
  });

  it('lets what was turned back go before what has not been in, whatever its key', () => {
    const gate = aGate({ onFailure: (it) => it.shut() });
    let isAway = true;
    const send = (letter: string): Observable<string> => {
      if (!isAway) return of(letter.toUpperCase());
      isAway = false;
      // By then the others wait in line.
      return timer(1).pipe(concatMap(() => throwError(() => away())));
    };
    inVirtualTime(({ expectObservable, message$, drawn, cold }) => {
      cold('--o').subscribe(() => gate.open());
      expectObservable(drawn(message$('(abc|)').pipe(mergeMapEach(send, anEffect({ gate, concurrency: 1 }))))).toBe('--(ABC|)');
    });
  });

  it('is left when the chain is unsubscribed, with calls under way and messages waiting', async () => {
    const gate = aGate();
    const { clock, run } = running(() => NEVER, { gate });
    await clock.advance(1);
    gate.shut();
    expect(gate.inside.size).toBe(2);
    run.cut();
    await run.ended;
    expect({ inside: gate.inside.size, wakes: gate.wakes.size }).toEqual({ inside: 0, wakes: 0 });
  });

  it('is told how each call ended', async () => {
    const gate = aGate();
    const ends = [of(0), throwError(() => away()), throwError(() => new WeirError('refused', 'no'))];
    const { clock, run } = running((value) => ends[value] ?? NEVER, {
      gate,
      concurrency: 1,
      refused: (value) => value,
      later: () => 'later',
    });
    await clock.advance(50);
    expect(gate.told).toEqual(['answered', 'failed', 'failed']);
    await lawful(run);
  });

  it('is refused before a claim without the verdict for what is claimed when it closes', () => {
    const send = (value: number): Observable<number> => of(value);
    const stage = (): unknown => mergeMapEach(send, anEffect({ gate: aGate(), claim: (values) => of(values) }));
    expect(stage).toThrow(/a gate needs `later`/);
  });
});
