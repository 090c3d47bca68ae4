import { concatMap, delayWhen, map, mergeMap, NEVER, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WeirError } from '../../src/errors.ts';
import { isOpen } from '../../src/message/message.ts';
import type { ChainSpec } from '../../src/runtime/runChain.ts';
import { supervise, type PipelineState, type Supervised } from '../../src/runtime/supervise.ts';
import type { VirtualClock } from '../../src/runtime/virtualClock.ts';
import { aSpec, imbalance } from '../support/aSpec.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

interface Started {
  readonly supervised: Supervised;
  readonly clock: VirtualClock;
  readonly states: PipelineState[];
  readonly wedged: string[];
  /** Sentences of its errors, with their reasons. */
  readonly errors: string[];
}

function started(spec: Parameters<typeof aSpec<number>>[0], isHeld = false): Started {
  const full = aSpec<number>(spec);
  const states: PipelineState[] = [];
  const wedged: string[] = [];
  const errors: string[] = [];
  const log: ChainSpec<number>['log'] = {
    ...full.log,
    info: (_, fields) => void states.push(fields?.state as PipelineState),
    error: (sentence, fields) => void errors.push(`${sentence} (${fields?.error})`),
  };
  const supervised = supervise({
    ...full,
    log,
    pausedBy: new Map(isHeld ? [['held', 'held at start']] : []),
    restart: { firstMs: 100, maxMs: 1_000 },
    onWedged: (name) => wedged.push(name),
  });
  return { supervised, clock: full.clock, states, wedged, errors };
}

/** Emits once after a time of the clock. */
function clockTimer(clock: VirtualClock, delayMs: number): Observable<void> {
  return new Observable((subscriber) => clock.after(delayMs, () => subscriber.next()));
}

describe('supervise', () => {
  it('restarts a chain that infrastructure failed, from where it stood, and loses nothing', async () => {
    let failures = 2;
    const source = scriptedSource({
      count: 30,
      onSettle: (settled) => {
        if (settled.messages.length > 0 && failures > 0) {
          failures -= 1;
          throw new WeirError('unavailable', 'the broker is away');
        }
      },
    });
    const { supervised, clock, states } = started({ source });
    await clock.advance(3_000);
    expect(await supervised.ended).toBe(true);
    expect(source.settled.size).toBe(30);
    expect(supervised.restarts()).toBe(2);
    expect(states).toEqual(['starting', 'running', 'backingOff', 'starting', 'running', 'backingOff', 'starting', 'running', 'stopped']);
    expect(imbalance(supervised.counts())).toBe(0);
    expect(supervised.counts()).toMatchObject({ done: 30, inFlight: 0 });
  });

  it('waits for the effects of the old run before it starts the new one', async () => {
    const effect = Promise.withResolvers<undefined>();
    const source = scriptedSource({ count: 5 });
    const { supervised, clock } = started({
      source,
      chain: (message$) =>
        message$.pipe(
          mergeMap((message) => {
            if (source.subscriptions > 1 || !isOpen(message)) return of(message);
            message.envelope.run.track(effect.promise);
            return message.value === 4 ? throwError(() => new WeirError('unavailable', 'away')) : NEVER;
          }),
        ),
    });
    await clock.advance(900);
    expect(source.subscriptions).toBe(1);
    effect.resolve(undefined);
    await clock.advance(200);
    expect(source.subscriptions).toBe(2);
    expect(await supervised.ended).toBe(true);
  });

  it('ends the process when effects outlive the stop timeout', async () => {
    const { supervised, clock, wedged } = started({
      source: scriptedSource({ count: 5 }),
      chain: (message$) =>
        message$.pipe(
          mergeMap((message) => {
            message.envelope.run.track(new Promise(() => undefined));
            return throwError(() => new WeirError('unavailable', 'away'));
          }),
        ),
    });
    await clock.advance(1_000);
    expect(await supervised.ended).toBe(false);
    expect(wedged).toEqual(['test.pipeline']);
    expect(supervised.state()).toBe('failed');
  });

  it('ends the process with a pipeline whose connection gives no sign, however often it is replaced', async () => {
    const { supervised, clock, wedged } = started({
      source: scriptedSource({ count: 1 }),
      chain: () => throwError(() => new WeirError('wedged', 'four members in a row gave no sign')),
    });
    await clock.advance(10_000);
    expect(await supervised.ended).toBe(false);
    expect([supervised.state(), supervised.restarts(), wedged]).toEqual(['failed', 0, ['test.pipeline']]);
  });

  it('does not restart what a defect failed', async () => {
    const { supervised, clock } = started({
      source: scriptedSource({ count: 5 }),
      chain: (message$) => message$.pipe(map(() => (undefined as unknown as { x: { y: never } }).x.y)),
    });
    await clock.advance(10_000);
    expect(await supervised.ended).toBe(false);
    expect(supervised.state()).toBe('failed');
    expect(supervised.restarts()).toBe(0);
  });

  it('pauses on a message of a newer version, says what to do, settles nothing of it, and resumes when told', async () => {
    let isOld = true;
    const source = scriptedSource({ count: 3 });
    const { supervised, clock, errors } = started({
      source,
      chain: (message$) =>
        message$.pipe(
          concatMap((message) => (isOld ? throwError(() => new WeirError('newerVersion', 'version 2; this Weir reads 1')) : of(message))),
        ),
    });
    await clock.advance(10_000);
    expect(supervised.state()).toBe('paused');
    expect(supervised.reason()).toBe('version 2; this Weir reads 1');
    expect(errors).toEqual([
      'pipeline paused by a message of a newer version: start a Weir that reads that version, then restart this process (version 2; this Weir reads 1)',
    ]);
    expect(source.settled.size).toBe(0);
    isOld = false;
    supervised.resume('newerVersion');
    await clock.advance(1);
    expect(await supervised.ended).toBe(true);
    expect(source.settled.size).toBe(3);
  });

  it('is not subscribed while it is held, so that others have its share', async () => {
    const source = scriptedSource({ count: 100 });
    const { supervised, clock, states } = started({ source }, true);
    await clock.advance(10_000);
    expect(states).toEqual(['paused']);
    expect(source.subscriptions).toBe(0);
    supervised.resume('held');
    await clock.advance(1);
    expect(source.settled.size).toBe(100);
  });

  it('reads once every cause of its pause has ended, whichever ends first', async () => {
    const source = scriptedSource({ count: 100 });
    const { supervised, clock } = started({ source }, true);
    supervised.pause('operator', 'by an operator');
    expect(supervised.reason()).toBe('held at start; by an operator');
    supervised.resume('operator');
    supervised.resume('operator');
    await clock.advance(10_000);
    expect({ state: supervised.state(), reason: supervised.reason(), read: source.read }).toEqual({
      ...{ state: 'paused', reason: 'held at start', read: [] },
    });
    supervised.pause('operator', 'by another');
    supervised.resume('held');
    await clock.advance(10_000);
    expect({ state: supervised.state(), reason: supervised.reason(), read: source.read }).toEqual({
      ...{ state: 'paused', reason: 'by another', read: [] },
    });
    supervised.resume('operator');
    await clock.advance(1);
    expect(source.settled.size).toBe(100);
  });

  it('stays paused by a message of a newer version when an operator resumes it', async () => {
    const newer = new WeirError('newerVersion', 'version 2; this Weir reads 1');
    const source = scriptedSource({ count: 3 });
    const { supervised, clock } = started({ source, chain: (message$) => message$.pipe(concatMap(() => throwError(() => newer))) });
    await clock.advance(10);
    supervised.pause('operator', 'by an operator');
    supervised.resume('operator');
    await clock.advance(10_000);
    expect({ state: supervised.state(), reason: supervised.reason(), subscriptions: source.subscriptions }).toEqual({
      ...{ state: 'paused', reason: 'version 2; this Weir reads 1', subscriptions: 1 },
    });
  });

  it('is not subscribed again when it was paused while it backed off', async () => {
    let isAway = true;
    const onSettle = (): Promise<void> => (isAway ? Promise.reject(new WeirError('unavailable', 'away')) : Promise.resolve());
    const source = scriptedSource({ count: 1, onSettle });
    const { supervised, clock } = started({ source });
    await clock.advance(5);
    expect(supervised.state()).toBe('backingOff');
    supervised.pause('operator', 'by an operator');
    isAway = false;
    await clock.advance(10_000);
    expect({ state: supervised.state(), subscriptions: source.subscriptions }).toEqual({ state: 'paused', subscriptions: 1 });
    supervised.resume('operator');
    await clock.advance(10);
    expect(source.settled.size).toBe(1);
  });

  it('drains while it backs off, and while it is paused with work in flight', async () => {
    const failing = started({ source: scriptedSource({ count: 1, onSettle: () => Promise.reject(new WeirError('unavailable', 'away')) }) });
    await failing.clock.advance(5);
    expect(failing.supervised.state()).toBe('backingOff');
    failing.supervised.drain();
    expect(await failing.supervised.ended).toBe(true);

    const source = scriptedSource();
    const paused = started({ source, chain: (message$) => message$.pipe(mergeMap((message) => [message])) });
    paused.supervised.pause('operator', 'by an operator');
    paused.supervised.drain();
    await paused.clock.advance(5);
    expect(await paused.supervised.ended).toBe(true);
    expect(paused.supervised.state()).toBe('stopped');
  });

  it('shows how long work has been standing', async () => {
    const { supervised, clock } = started({
      source: scriptedSource({ count: 3 }),
      chain: (message$) => message$.pipe(mergeMap(() => NEVER)),
    });
    await clock.advance(700);
    expect(supervised.standingMs()).toBeGreaterThanOrEqual(699);
    supervised.cut();
    await clock.advance(1);
    expect(await supervised.ended).toBe(false);
    expect(supervised.standingMs()).toBe(0);
  });

  const away = new WeirError('unavailable', 'away');

  it('never starts again once it was drained or cut while it backed off', async () => {
    for (const how of ['drain', 'cut'] as const) {
      const source = scriptedSource({ count: 1, onSettle: () => Promise.reject(away) });
      const { supervised, clock } = started({ source });
      await clock.advance(5);
      expect(supervised.state()).toBe('backingOff');
      supervised[how]();
      await clock.advance(60_000);
      expect({ state: supervised.state(), subscriptions: source.subscriptions }).toEqual({ state: 'stopped', subscriptions: 1 });
    }
  });

  it('starts one run, not two, when it is resumed while it backs off', async () => {
    const source = scriptedSource({ count: 1, onSettle: () => (source.subscriptions === 1 ? Promise.reject(away) : undefined) });
    const { supervised, clock } = started({ source });
    await clock.advance(5);
    supervised.pause('operator', 'by an operator');
    supervised.resume('operator');
    await clock.advance(60_000);
    expect(await supervised.ended).toBe(true);
    expect(source.subscriptions).toBe(2);
  });

  it('stays paused over a failure and a restart', async () => {
    let isBroken = true;
    const source = scriptedSource({ count: 100, onSettle: () => (isBroken ? Promise.reject(away) : undefined) });
    const { supervised, clock } = started({ source });
    supervised.pause('operator', 'by an operator');
    await clock.advance(5_000);
    const { state, reason, read } = { state: supervised.state(), reason: supervised.reason(), read: source.read.length };
    expect({ state, reason }).toEqual({ state: 'paused', reason: 'by an operator' });
    await clock.advance(5_000);
    expect(source.read).toHaveLength(read);
    isBroken = false;
    supervised.resume('operator');
    await clock.advance(5_000);
    expect(await supervised.ended).toBe(true);
  });

  it('waits longer after each failure in a row, and begins anew once something has ended', async () => {
    const startsMs: number[] = [];
    let settles = 0;
    const source = scriptedSource({
      count: 1_000,
      // Fails but for the seventh time, in which a chunk ends.
      onSettle: () => ((settles += 1) === 7 ? undefined : Promise.reject(away)),
    });
    const messages = source.messages.bind(source);
    const { clock } = started({
      source: {
        ...source,
        messages: (run, room) => {
          startsMs.push(run.clock.elapsedMs());
          return messages(run, room);
        },
      },
      limits: { window: 10, maxSpan: 10 },
    });
    await clock.advance(6_000);
    const waits = startsMs.slice(1).map((at, index) => at - (startsMs[index] ?? 0));
    const bounds = waits.map((wait, index) => wait <= Math.min(1_000, 100 * 2 ** index) + 1);
    expect(bounds.slice(0, 6)).toEqual([true, true, true, true, true, true]);
    expect(Math.max(...waits.slice(3, 6))).toBeGreaterThan(100);
    expect(waits[6]).toBeLessThanOrEqual(101);
  });

  it('is not clean when it fails while it drains', async () => {
    const source = scriptedSource({ onSettle: () => (isDraining ? Promise.reject(away) : undefined) });
    let isDraining = false;
    const { supervised, clock } = started({ source, chain: (message$) => message$.pipe(delayWhen(() => clockTimer(clock, 10))) });
    await clock.advance(5);
    isDraining = true;
    supervised.drain();
    await clock.advance(20);
    expect(await supervised.ended).toBe(false);
    expect(supervised.state()).toBe('stopped');
  });

  it('does not stand while it is paused, however long its work takes', async () => {
    const { supervised, clock } = started({
      source: scriptedSource({ count: 3 }),
      chain: (message$) => message$.pipe(mergeMap(() => NEVER)),
    });
    await clock.advance(5);
    supervised.pause('operator', 'by an operator');
    await clock.advance(60_000);
    expect(supervised.standingMs()).toBe(0);
    supervised.cut();
    await clock.advance(1);
  });

  it('stays failed when it is stopped afterwards', async () => {
    const broken = map(() => (undefined as unknown as { x: { y: never } }).x.y);
    const { supervised, clock } = started({ source: scriptedSource({ count: 5 }), chain: (message$) => message$.pipe(broken) });
    await clock.advance(5);
    supervised.drain();
    supervised.cut();
    expect(supervised.state()).toBe('failed');
    expect(await supervised.ended).toBe(false);
  });

  it('tells when it came into its state, also where the cause of that changes', async () => {
    const { supervised, clock } = started({ source: scriptedSource({ count: Infinity }), chain: () => NEVER });
    await clock.advance(1_000);
    expect(supervised.sinceMs()).toBe(0);
    supervised.pause('operator', 'a deploy');
    await clock.advance(1_000);
    supervised.pause('operator', 'a longer one');
    expect(supervised.sinceMs()).toBe(1_000);
    supervised.resume('operator');
    expect(supervised.sinceMs()).toBe(2_000);
    supervised.cut();
    await clock.advance(1_000);
  });
});
