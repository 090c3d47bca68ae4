import { describe, expect, it } from 'vitest';
import type { Entry } from '../../operators/gate.ts';
import { WeirError, type ErrorCode } from '../../src/errors.ts';
import type { Logger, LogFields } from '../../src/logging/logger.ts';
import { breaker, type Breaker, type BreakerSpec } from '../../src/runtime/breaker.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { silent } from '../support/aSpec.ts';

interface Case {
  readonly gate: Breaker;
  readonly clock: VirtualClock;
  readonly told: readonly (readonly [string, LogFields | undefined])[];
  /** When it was probed, in elapsed milliseconds. */
  readonly probes: readonly number[];
}

function a(over: Partial<BreakerSpec> & { readonly isThere?: () => boolean } = {}): Case {
  const told: (readonly [string, LogFields | undefined])[] = [];
  const probes: number[] = [];
  const tell = (sentence: string, fields?: LogFields): void => void told.push([sentence, fields]);
  const log: Logger = { ...silent, info: tell, warn: tell };
  const clock = { ...virtualClock(new Date(0)), random: () => 1 };
  const { isThere } = over;
  const probe = (): Promise<boolean> => {
    probes.push(clock.elapsedMs());
    return Promise.resolve(isThere?.() ?? false);
  };
  const gate = breaker({
    ...{ name: 'smtp', clock, log, failuresInARow: 3, failureShare: 0.5, calls: 10, probing: { firstMs: 100, maxMs: 400 } },
    ...(isThere === undefined ? {} : { probe }),
    ...over,
  });
  return { gate, clock, told, probes };
}

/** One call, however it ended. */
function call(gate: Breaker, code?: ErrorCode): void {
  const entry = gate.enter();
  if (code === undefined) entry.answered();
  else entry.failed(new WeirError(code, code));
  entry.leave();
}

/** What the system itself answered, and what was found without asking it. */
const refusals = {
  answered: new WeirError('refused', 'it answered 550', { isAnswer: true }),
  ours: new WeirError('refused', 'two addresses'),
} as const;

/** One call that is refused. */
function refuse(gate: Breaker, by: keyof typeof refusals): void {
  const entry = gate.enter();
  entry.failed(refusals[by]);
  entry.leave();
}

function shut(gate: Breaker): void {
  for (let count = 0; count < 3; count += 1) call(gate, 'unavailable');
}

describe('a breaker', () => {
  it('shuts after so many failures in a row, and says so once', () => {
    const { gate, told } = a();
    for (const code of ['unavailable', 'unavailable', undefined, 'unavailable', 'unavailable'] as const) call(gate, code);
    expect(gate.state()).toBe('open');
    const late = gate.enter();
    call(gate, 'unavailable');
    late.failed(new WeirError('unavailable', 'late'));
    expect({ state: gate.state(), isOpen: gate.isOpen(), mayCall: late.mayCall() }).toEqual({
      state: 'shut',
      isOpen: false,
      mayCall: false,
    });
    expect(told).toEqual([
      ['breaker shut: what needs this waits until it is back', { dependency: 'smtp', code: 'unavailable', error: 'unavailable' }],
    ]);
  });

  it.each<[ErrorCode, string]>([
    ['unavailable', 'shut'],
    ['timedOut', 'shut'],
    ['outcomeUnknown', 'shut'],
    ['throttled', 'open'],
    ['refused', 'open'],
    ['cancelled', 'open'],
    ['conflict', 'open'],
    ['defect', 'open'],
  ])('takes %s for what it says about the system: it is %s', (code, state) => {
    const { gate } = a();
    for (let count = 0; count < 3; count += 1) call(gate, code);
    expect(gate.state()).toBe(state);
  });

  it.each([
    ['the system itself', 'a sign of life', 'answered', 'open'],
    ['ourselves', 'none', 'ours', 'shut'],
  ] as const)('takes refusals by %s between failures for %s', (_by, _what, by, state) => {
    const { gate } = a();
    for (let count = 0; count < 3; count += 1) {
      for (let refused = 0; refused < 20; refused += 1) refuse(gate, by);
      call(gate, 'timedOut');
    }
    expect(gate.state()).toBe(state);
  });

  it.each([
    ['the system itself', 'open', 'answered'],
    ['ourselves', 'trying', 'ours'],
  ] as const)('whose trial is refused by %s is %s', async (_by, state, by) => {
    const { gate, clock } = a();
    shut(gate);
    await clock.advance(100);
    refuse(gate, by);
    expect(gate.state()).toBe(state);
  });

  it('shuts when more than its share of the last calls failed, though never many in a row', () => {
    const { gate } = a();
    const codes = ['unavailable', undefined, 'unavailable', undefined, 'unavailable', undefined, 'unavailable', 'unavailable', undefined];
    for (const code of codes) call(gate, code as 'unavailable' | undefined);
    expect(gate.state()).toBe('open');
    call(gate, 'unavailable');
    expect(gate.state()).toBe('shut');
  });

  it('probes by itself, more and more rarely, and opens though nobody calls', async () => {
    let isThere = false;
    const { gate, clock, told, probes } = a({ isThere: () => isThere });
    let woken = 0;
    gate.onOpen(() => (woken += 1));
    shut(gate);
    await clock.advance(1_500);
    expect({ probes, state: gate.state(), woken }).toEqual({ probes: [100, 300, 700, 1_100, 1_500], state: 'shut', woken: 0 });
    isThere = true;
    await clock.advance(400);
    expect(gate.state()).toBe('open');
    expect(woken).toBeGreaterThan(0);
    expect(told.at(-1)).toEqual(['breaker open again', { dependency: 'smtp', awayMs: 1_900 }]);
  });

  it('takes a probe that fails for a no', async () => {
    const { gate, clock } = a({ probe: () => Promise.reject(new Error('the probe is broken')) });
    shut(gate);
    await clock.advance(10_000);
    expect(gate.state()).toBe('shut');
    gate.stop();
  });

  it('lets one waiting message try for all, and opens when that is answered', async () => {
    const { gate, clock } = a({ isThere: () => true });
    const entries: Entry[] = [];
    const enter = (): void => {
      if (gate.isOpen()) entries.push(gate.enter());
    };
    gate.onOpen(enter);
    gate.onOpen(() => enter());
    shut(gate);
    await clock.advance(100);
    expect({ state: gate.state(), entries: entries.length, isOpen: gate.isOpen() }).toEqual({ state: 'trying', entries: 1, isOpen: false });
    entries[0]?.answered();
    expect({ state: gate.state(), entries: entries.length }).toEqual({ state: 'open', entries: 3 });
  });

  it('shuts again when that fails, and waits longer', async () => {
    const { gate, clock, probes, told } = a({ isThere: () => true });
    const entries: Entry[] = [];
    gate.onOpen(() => void entries.push(gate.enter()));
    shut(gate);
    await clock.advance(100);
    entries[0]?.failed(new WeirError('unavailable', 'still away'));
    entries[0]?.leave();
    await clock.advance(199);
    expect({ state: gate.state(), probes, lines: told.length }).toEqual({ state: 'shut', probes: [100], lines: 1 });
    await clock.advance(1);
    expect({ state: gate.state(), probes, tries: entries.length }).toEqual({ state: 'trying', probes: [100, 300], tries: 2 });
    gate.stop();
  });

  it('lets the next one try when the first leaves without telling anything', async () => {
    const { gate, clock } = a({ isThere: () => true });
    const entries: Entry[] = [];
    gate.onOpen(() => void entries.push(gate.enter()));
    shut(gate);
    await clock.advance(100);
    entries[0]?.failed(new WeirError('refused', 'not this one'));
    entries[0]?.leave();
    expect({ state: gate.state(), tries: entries.length }).toEqual({ state: 'trying', tries: 2 });
    entries[1]?.answered();
    expect(gate.state()).toBe('open');
  });

  it('is tried by the next message where it has no probe', async () => {
    const { gate, clock } = a();
    shut(gate);
    await clock.advance(100);
    expect({ state: gate.state(), isOpen: gate.isOpen() }).toEqual({ state: 'trying', isOpen: true });
    call(gate);
    expect(gate.state()).toBe('open');
  });

  it('heeds nothing but its trial while it is not open', async () => {
    const { gate, clock } = a({ isThere: () => true });
    const old = gate.enter();
    gate.onOpen(() => void gate.enter());
    shut(gate);
    old.answered();
    expect(gate.state()).toBe('shut');
    await clock.advance(100);
    old.failed(new WeirError('unavailable', 'late'));
    old.answered();
    old.leave();
    expect({ state: gate.state(), mayCall: old.mayCall() }).toEqual({ state: 'trying', mayCall: false });
  });

  it('begins to count anew once it is open', async () => {
    const { gate, clock } = a({ isThere: () => true });
    shut(gate);
    await clock.advance(100);
    for (const code of ['unavailable', 'unavailable'] as const) call(gate, code);
    expect(gate.state()).toBe('open');
  });

  it('leaves no timer behind once it is stopped, not even from a probe that is under way', async () => {
    const answer = Promise.withResolvers<boolean>();
    const { gate, clock } = a({ probe: () => answer.promise });
    shut(gate);
    await clock.advance(100);
    gate.stop();
    answer.resolve(false);
    await clock.advance(0);
    expect(clock.timerCount()).toBe(0);
  });

  it('tells since when it is shut, over vain probes, until it is open', async () => {
    let isThere = false;
    const { gate, clock } = a({ isThere: () => isThere });
    await clock.advance(1_000);
    expect(gate.awaySinceMs()).toBeUndefined();
    shut(gate);
    await clock.advance(5_000);
    expect(gate.awaySinceMs()).toBe(1_000);
    isThere = true;
    await clock.advance(500);
    expect(gate.state()).toBe('open');
    expect(gate.awaySinceMs()).toBeUndefined();
  });
});
