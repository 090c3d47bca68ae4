import { concatMap, map, mergeMap, NEVER, of, throwError } from 'rxjs';
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
}

function started(spec: Parameters<typeof aSpec<number>>[0], isHeld = false): Started {
  const full = aSpec<number>(spec);
  const states: PipelineState[] = [];
  const wedged: string[] = [];
  const log: ChainSpec<number>['log'] = { ...full.log, info: (_, fields) => void states.push(fields?.state as PipelineState) };
  const supervised = supervise({ ...full, log, isHeld, restart: { firstMs: 100, maxMs: 1_000 }, onWedged: (name) => wedged.push(name) });
  return { supervised, clock: full.clock, states, wedged };
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

  it('pauses on a message of a newer version, settles nothing of it, and resumes when told', async () => {
    let isOld = true;
    const source = scriptedSource({ count: 3 });
    const { supervised, clock } = started({
      source,
      chain: (message$) =>
        message$.pipe(
          concatMap((message) => (isOld ? throwError(() => new WeirError('newerVersion', 'version 2; this Weir reads 1')) : of(message))),
        ),
    });
    await clock.advance(10_000);
    expect(supervised.state()).toBe('paused');
    expect(supervised.reason()).toBe('version 2; this Weir reads 1');
    expect(source.settled.size).toBe(0);
    isOld = false;
    supervised.resume();
    await clock.advance(1);
    expect(await supervised.ended).toBe(true);
    expect(source.settled.size).toBe(3);
  });

  it('reads nothing while held or paused', async () => {
    const source = scriptedSource({ count: 100 });
    const { supervised, clock } = started({ source }, true);
    await clock.advance(10_000);
    expect(supervised.state()).toBe('paused');
    expect(source.read).toEqual([]);
    supervised.resume();
    await clock.advance(1);
    expect(source.settled.size).toBe(100);
  });

  it('drains while it backs off, and while it is paused with work in flight', async () => {
    const failing = started({ source: scriptedSource({ count: 1, onSettle: () => Promise.reject(new WeirError('unavailable', 'away')) }) });
    await failing.clock.advance(5);
    expect(failing.supervised.state()).toBe('backingOff');
    failing.supervised.drain();
    expect(await failing.supervised.ended).toBe(true);

    const source = scriptedSource();
    const paused = started({ source, chain: (message$) => message$.pipe(mergeMap((message) => [message])) });
    paused.supervised.pause('by an operator');
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
});
