import fc from 'fast-check';
import { concatMap, EMPTY, filter, map, mergeMap, Observable, of, throwError, type OperatorFunction } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WeirError } from '../../src/errors.ts';
import type { Settled } from '../../src/connectors/source.ts';
import type { LogFields, Logger } from '../../src/logging/logger.ts';
import { decide, isOpen, type Message, type Outcome } from '../../src/message/message.ts';
import type { Counts } from '../../src/runtime/ledger.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { aSpec, contradictions, imbalance, silent, trueWatermarks } from '../support/aSpec.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

type Chain = OperatorFunction<Message<number>, Message<unknown>>;

/** Holds each message for a time of its own. */
function held(clock: VirtualClock, delayMs: (value: number) => number): OperatorFunction<Message<number>, Message<number>> {
  return mergeMap(
    (message) =>
      new Observable<Message<number>>((subscriber) =>
        clock.after(isOpen(message) ? delayMs(message.value) : 0, () => {
          subscriber.next(message);
          subscriber.complete();
        }),
      ),
  );
}

describe('runChain', () => {
  it('settles what leaves the bottom, done when it is open', async () => {
    const source = scriptedSource({ count: 3 });
    const run = runChain(aSpec({ source }));
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
    expect([...source.settled]).toEqual([0, 1, 2].map((value) => [value, 'done']));
    expect(run.counts()).toMatchObject({ received: 3, done: 3, inFlight: 0 });
  });

  it('settles decided messages with their own outcome', async () => {
    const outcomes: Outcome[] = ['skipped', 'deferred', 'dead'];
    const source = scriptedSource({ count: 3 });
    const chain: Chain = map((message) => (isOpen(message) ? decide(message, outcomes[message.value] as Outcome, 'because') : message));
    const run = runChain(aSpec({ source, chain: (message$) => message$.pipe(chain) }));
    await run.ended;
    expect([...source.settled.values()]).toEqual(outcomes);
  });

  it('tells a debug log how each message ended and why, and makes nothing for one that is off', async () => {
    const told: (readonly [string, LogFields | undefined])[] = [];
    const ends: Chain = map((message) => {
      if (!isOpen(message) || message.value === 0) return message;
      return message.value === 1 ? decide(message, 'deferred', 'quiet hours') : decide(message, 'released', 'given back');
    });
    const settle = async (isOn: boolean): Promise<void> => {
      const log: Logger = {
        ...silent,
        isDebug: (name) => isOn && name === 'test.pipeline',
        debug: (...[sentence, fields]) => void told.push([sentence, fields]),
      };
      await runChain(aSpec({ source: scriptedSource({ count: 3 }), log, chain: (message$) => message$.pipe(ends) })).ended;
    };
    await settle(false);
    expect(told).toEqual([]);
    await settle(true);
    const of = { pipeline: 'test.pipeline', partition: 'p0' };
    expect(told).toEqual([
      ['message released', { ...of, position: '2', outcome: 'released', reason: 'given back' }],
      ['message settled', { ...of, position: '0', outcome: 'done' }],
      ['message settled', { ...of, position: '1', outcome: 'deferred', reason: 'quiet hours' }],
    ]);
  });

  it('reads no more than the window while nothing settles', async () => {
    const source = scriptedSource();
    const spec = aSpec({ source, limits: { window: 20, maxSpan: 50 }, chain: (message$) => message$.pipe(filter(() => false)) });
    const run = runChain(spec);
    await spec.clock.advance(10);
    expect(source.read).toHaveLength(20);
    run.cut();
    expect(await run.ended).toEqual({ how: 'cut', isQuiet: true });
    expect(run.counts()).toMatchObject({ received: 20, released: 20, inFlight: 0 });
  });

  it('lets one held message stop its partition at the span, and no other partition', async () => {
    const source = scriptedSource({ partitions: 2, count: 1_000 });
    const chain: Chain = filter((message) => isOpen(message) && message.value !== 0);
    const spec = aSpec({ source, chain: (message$) => message$.pipe(chain) });
    const run = runChain(spec);
    await spec.clock.advance(10);
    expect(source.read.filter((value) => value % 2 === 0)).toHaveLength(50);
    expect(source.read.filter((value) => value % 2 === 1)).toHaveLength(500);
    expect(source.committed).toEqual(new Map([['p1', 999]]));
    expect(run.spans().map(({ partition, size, watermark, newestRead }) => ({ partition, size, watermark, newestRead }))).toEqual([
      { partition: 'p0', size: 50, watermark: undefined, newestRead: '98' },
      { partition: 'p1', size: 0, watermark: '999', newestRead: '999' },
    ]);
    run.cut();
    await run.ended;
  });

  it('commits only below the first unsettled message, in whatever order they settle', async () => {
    const source = scriptedSource({
      count: 5,
      onSettle: (settled) => void commits.push(...settled.watermarks.map((mark) => mark.position)),
    });
    const commits: string[] = [];
    const clock = virtualClock(new Date(0));
    const chain = held(clock, (value) => [5, 1, 2, 4, 3][value] ?? 0);
    const run = runChain(aSpec({ source, clock, chain: (message$) => message$.pipe(chain) }));
    await clock.advance(10);
    await run.ended;
    expect(commits).toEqual(['4']);
  });

  it('tells of a watermark once its source has settled what is below it', async () => {
    const gate = Promise.withResolvers<undefined>();
    const source = scriptedSource({ count: 3 });
    const settle = source.settle.bind(source);
    const slow = { ...source, settle: (settled: Settled) => gate.promise.then(() => settle(settled)) };
    const spec = aSpec({ source: slow });
    const run = runChain(spec);
    const told = (): unknown[] => run.spans().map(({ size, watermark, newestRead }) => ({ size, watermark, newestRead }));
    await spec.clock.advance(10);
    expect(told()).toEqual([{ size: 0, watermark: undefined, newestRead: '2' }]);
    gate.resolve(undefined);
    await run.ended;
    expect(told()).toEqual([{ size: 0, watermark: '2', newestRead: '2' }]);
  });

  it('drains: reads no more, finishes what was read, completes', async () => {
    const clock = virtualClock(new Date(0));
    const source = scriptedSource();
    const run = runChain(aSpec({ source, clock, chain: (message$) => message$.pipe(held(clock, () => 100)) }));
    await clock.advance(50);
    run.drain();
    await clock.advance(100);
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
    expect(run.counts()).toMatchObject({ received: 20, done: 20, released: 0 });
  });

  it('gives a released message back without acknowledging it', async () => {
    const source = scriptedSource({ count: 2 });
    const chain: Chain = map((message) => (isOpen(message) && message.value === 0 ? decide(message, 'released', 'drain') : message));
    const run = runChain(aSpec({ source, chain: (message$) => message$.pipe(chain) }));
    await run.ended;
    expect([...source.settled.keys()]).toEqual([1]);
    expect(source.committed.size).toBe(0);
    expect(run.counts()).toMatchObject({ received: 2, done: 1, released: 1, inFlight: 0 });
  });

  it('grants no room while paused', async () => {
    const source = scriptedSource({ count: 100 });
    const spec = aSpec({ source });
    const run = runChain(spec);
    run.pause();
    await spec.clock.advance(10);
    const readBefore = source.read.length;
    await spec.clock.advance(10);
    expect(source.read).toHaveLength(readBefore);
    run.resume();
    expect((await run.ended).how).toBe('completed');
    expect(source.settled.size).toBe(100);
  });

  it('fails when a chain completes and a message never left', async () => {
    const run = runChain(
      aSpec({ source: scriptedSource({ count: 3 }), chain: (message$) => message$.pipe(filter((m) => isOpen(m) && m.value > 0)) }),
    );
    const end = await run.ended;
    expect(end).toMatchObject({ how: 'failed', error: { code: 'defect' } });
    expect(run.counts()).toMatchObject({ received: 3, done: 2, released: 1 });
  });

  it('fails when a message leaves twice', async () => {
    const source = scriptedSource({ count: 1 });
    const run = runChain(aSpec({ source, chain: (message$) => message$.pipe(concatMap((message) => of(message, message))) }));
    expect(await run.ended).toMatchObject({ how: 'failed', error: { code: 'defect' } });
  });

  it('releases what is in flight when the chain or settling fails', async () => {
    const lost = new WeirError('unavailable', 'gone');
    const broken: Chain = mergeMap((message) => (isOpen(message) && message.value === 5 ? throwError(() => lost) : of(message)));
    const failing = runChain(aSpec({ source: scriptedSource({ count: 10 }), chain: (message$) => message$.pipe(broken) }));
    expect(await failing.ended).toEqual({ how: 'failed', error: lost, isQuiet: true });
    expect(imbalance(failing.counts())).toBe(0);
    expect(failing.counts().released).toBeGreaterThanOrEqual(5);

    const unsettled = scriptedSource({ count: 4, onSettle: () => Promise.reject(lost) });
    const run = runChain(aSpec({ source: unsettled }));
    expect(await run.ended).toEqual({ how: 'failed', error: lost, isQuiet: true });
    expect(run.counts()).toMatchObject({ received: 4, released: 4, done: 0 });
  });

  it('waits for an effect that outlives the cut, and says so when it takes too long', async () => {
    const clock = virtualClock(new Date(0));
    const effect = Promise.withResolvers<undefined>();
    const start: Chain = mergeMap((message) => {
      message.envelope.run.track(effect.promise);
      return EMPTY;
    });
    const begin = (): ReturnType<typeof runChain> =>
      runChain(aSpec({ source: scriptedSource({ count: 100 }), clock, chain: (message$) => message$.pipe(start) }));

    const patient = begin();
    await clock.advance(1);
    patient.cut();
    let hasEnded = false;
    void patient.ended.then(() => (hasEnded = true));
    await clock.advance(500);
    expect(hasEnded).toBe(false);
    const wedged = begin();
    await clock.advance(1);
    wedged.cut();
    await clock.advance(999);
    effect.resolve(undefined);
    expect(await patient.ended).toEqual({ how: 'cut', isQuiet: false });
    expect(await wedged.ended).toEqual({ how: 'cut', isQuiet: true });
  });

  it('waits for the settling under way when it is cut, and counts it', async () => {
    const acknowledged = Promise.withResolvers<undefined>();
    const source = scriptedSource({ count: 1, onSettle: () => acknowledged.promise });
    const spec = aSpec({ source });
    const run = runChain(spec);
    await spec.clock.advance(1);
    run.cut();
    await spec.clock.advance(1);
    acknowledged.resolve(undefined);
    await run.ended;
    expect(run.counts()).toMatchObject({ received: 1, done: 1, released: 0 });
  });

  it('puts what the source refuses to the dead letters before the chain, and the neighbours go on', async () => {
    const refusal = new WeirError('oversize', 'a message of 2 MB; 1 MB is allowed');
    const source = scriptedSource({ count: 3, refusal: (value) => (value === 1 ? refusal : undefined) });
    const run = runChain(aSpec({ source }));
    await run.ended;
    expect(source.deadLetters).toMatchObject([{ position: '1', stage: 'read', code: 'oversize' }]);
    expect(source.settled).toEqual(
      new Map([
        [0, 'done'],
        [1, 'dead'],
        [2, 'done'],
      ]),
    );
  });

  it('writes a dead letter again while it cannot be, without disturbing what is under way', async () => {
    let tries = 0;
    const onDeadLetter = (): Promise<void> =>
      ++tries < 4 ? Promise.reject(new WeirError('unavailable', 'no room for dead letters')) : Promise.resolve();
    const source = scriptedSource({ count: 1, refusal: () => new WeirError('oversize', 'too large'), onDeadLetter });
    const spec = aSpec({ source });
    const run = runChain(spec);
    await spec.clock.advance(0);
    expect(run.waits()).toEqual([{ why: 'again', name: 'read' }]);
    await spec.clock.advance(10_000);
    expect(await run.ended).toMatchObject({ how: 'completed' });
    expect({ tries, dead: run.counts().dead, letters: source.deadLetters.length }).toEqual({ tries: 4, dead: 1, letters: 1 });
  });

  it('fails when a dead letter cannot be written for a minute, and settles nothing of it', async () => {
    const source = scriptedSource({
      count: 1,
      refusal: () => new WeirError('oversize', 'too large'),
      onDeadLetter: () => Promise.reject(new WeirError('unavailable', 'no room for dead letters')),
    });
    const spec = aSpec({ source });
    const run = runChain(spec);
    await spec.clock.advance(60_000);
    expect(await run.ended).toMatchObject({ how: 'failed', error: { code: 'unavailable' } });
    expect(source.settled.size).toBe(0);
  });

  it('fails after ten defects in a row, not after nine with a good message between', async () => {
    const withDefects = (isDefect: (value: number) => boolean): Chain =>
      concatMap(async (message) => {
        if (!isOpen(message) || !isDefect(message.value)) return message;
        const { run } = message.envelope;
        await (run.deadLetter(message.envelope, 'decideBill', new TypeError('x is not a function')) as Promise<void>);
        return decide(message, 'dead', 'defect');
      });
    const limits = { window: 1, maxSpan: 10 };
    const now = scriptedSource({ count: 30 });
    const failing = runChain(aSpec({ source: now, limits, chain: (message$) => message$.pipe(withDefects(() => true)) }));
    expect(await failing.ended).toMatchObject({ how: 'failed', error: { code: 'defectLimit' } });
    expect(now.deadLetters).toHaveLength(9);

    const sometimes = scriptedSource({ count: 30 });
    const going = runChain(
      aSpec({ source: sometimes, limits, chain: (message$) => message$.pipe(withDefects((value) => value % 10 !== 0)) }),
    );
    expect(await going.ended).toMatchObject({ how: 'completed' });
    expect(sometimes.deadLetters).toHaveLength(27);
  });

  it('takes one odd message in fifty for fifty odd messages, however many are in flight', async () => {
    const isOdd = (value: number): boolean => value % 50 === 7;
    const chain: Chain = mergeMap(async (message) => {
      if (!isOpen(message) || !isOdd(message.value)) return message;
      await (message.envelope.run.deadLetter(message.envelope, 'decideBill', new TypeError('x is not a function')) as Promise<void>);
      return decide(message, 'dead', 'defect');
    });
    const source = scriptedSource({ count: 2_000, batch: 500 });
    const run = runChain(aSpec({ source, limits: { window: 1_000, maxSpan: 1_000 }, chain: (message$) => message$.pipe(chain) }));
    expect(await run.ended).toMatchObject({ how: 'completed' });
    expect(run.counts()).toMatchObject({ received: 2_000, done: 1_960, dead: 40 });
  });

  it('fails when what is not a message comes out', async () => {
    const chain = map(() => undefined as unknown as Message<unknown>);
    const run = runChain(aSpec<number>({ source: scriptedSource({ count: 3 }), chain: (message$) => message$.pipe(chain) }));
    expect(await run.ended).toMatchObject({ how: 'failed' });
    expect(run.counts()).toMatchObject({ received: run.counts().released });
  });

  it('keeps its whole span through any number of assignments', async () => {
    const clock = virtualClock(new Date(0));
    let assignments = 0;
    const source = scriptedSource({
      count: 500,
      batch: 5,
      onSettle: () => {
        if (assignments < 200) source.reassign();
        assignments += 1;
        return new Promise((resolve) => clock.after(1, () => resolve(undefined)));
      },
    });
    const run = runChain(aSpec({ source, clock, limits: { window: 20, maxSpan: 50 } }));
    await clock.advance(1_000);
    expect(await run.ended).toMatchObject({ how: 'completed' });
    expect(source.settled.size).toBe(500);
  });

  it('drains while the dead letters of refused messages are still being written', async () => {
    const clock = virtualClock(new Date(0));
    const source = scriptedSource({
      count: 10,
      refusal: (value) => (value % 2 === 0 ? new WeirError('oversize', 'too large') : undefined),
      onDeadLetter: () => new Promise((resolve) => clock.after(100, () => resolve(undefined))),
    });
    const run = runChain(aSpec({ source, clock }));
    await clock.advance(10);
    run.drain();
    await clock.advance(200);
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
    expect(run.counts()).toMatchObject({ received: 10, done: 5, dead: 5 });
  });

  it('awaits a dead letter that is being written when it is cut', async () => {
    const clock = virtualClock(new Date(0));
    let isWritten = false;
    const source = scriptedSource({
      count: 1,
      refusal: () => new WeirError('oversize', 'too large'),
      onDeadLetter: () => new Promise((resolve) => clock.after(100, () => resolve((isWritten = true)))),
    });
    const run = runChain(aSpec({ source, clock }));
    await clock.advance(10);
    run.cut();
    const ended = run.ended.then((end) => ({ ...end, isWritten }));
    await clock.advance(200);
    expect(await ended).toEqual({ how: 'cut', isQuiet: true, isWritten: true });
  });

  it('holds the law, the window, the span and the watermark at every moment of a random run', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }), async (seed, partitions, window) => {
        const clock = virtualClock(new Date(0), seed);
        const maxSpan = window + Math.floor(clock.random() * 30);
        const count = Math.floor(clock.random() * 150);
        const endings: (Outcome | undefined)[] = [undefined, 'skipped', 'deferred', 'dead'];
        const source = scriptedSource({
          count,
          partitions,
          batch: 1 + Math.floor(clock.random() * 8),
          onSettle: () =>
            new Promise((resolve, reject) => {
              const fails = clock.random() < 0.01;
              clock.after(clock.random() * 5, () => (fails ? reject(new WeirError('unavailable', 'settle')) : resolve(undefined)));
            }),
        });
        const fate: Chain = map((message) => {
          const outcome = endings[Math.floor(clock.random() * endings.length)];
          return outcome && isOpen(message) ? decide(message, outcome, 'chance') : message;
        });
        const counted: Counts[] = [];
        for (let attempt = 0; attempt < 50; attempt += 1) {
          const chain = (message$: Observable<Message<number>>): Observable<Message<unknown>> =>
            message$.pipe(
              held(clock, () => clock.random() * 20),
              fate,
            );
          const run = runChain(aSpec({ source, clock, chain, limits: { window, maxSpan } }));
          let end: string | undefined;
          void run.ended.then(({ how }) => (end = how));
          const stopAtStep = clock.random() < 0.5 ? Math.floor(clock.random() * 200) : Number.POSITIVE_INFINITY;
          for (let step = 0; end === undefined; step += 1) {
            if (step === stopAtStep && clock.random() < 0.5) run.cut();
            else if (step === stopAtStep) run.drain();
            if (clock.random() < 0.02) source.reassign();
            if (clock.random() < 0.05) run.pause();
            if (clock.random() < 0.2) run.resume();
            if (!(await clock.step())) run.resume();
            const counts = run.counts();
            expect(imbalance(counts)).toBe(0);
            expect(counts.inFlight).toBeGreaterThanOrEqual(0);
            expect(counts.inFlight).toBeLessThanOrEqual(window);
            for (const span of run.spans()) expect(span.size).toBeLessThanOrEqual(maxSpan);
            const marks = trueWatermarks(source, partitions);
            for (const [partition, mark] of source.committed) expect(mark).toBeLessThanOrEqual(marks.get(partition) ?? -1);
          }
          expect(run.counts().inFlight).toBe(0);
          counted.push(run.counts());
          expect(contradictions(counted, source)).toEqual([]);
          if (end === 'completed' && source.settled.size === count) break;
        }
        expect(source.settled.size).toBe(count);
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 2_000) },
    );
  }, 120_000);
});
