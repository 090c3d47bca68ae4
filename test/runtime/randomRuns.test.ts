import fc from 'fast-check';
import type { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapByKey } from '../../operators/mergeMapByKey.ts';
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import { rateLimit } from '../../operators/rateLimit.ts';
import { WeirError, type ErrorCode } from '../../src/errors.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Message } from '../../src/message/message.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { aSpec, imbalance, trueWatermarks } from '../support/aSpec.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

type Kind = 'send' | 'quiet' | 'sent' | 'refused' | 'later' | 'unknown';
type Of<K extends Kind> = { [Each in K]: { readonly kind: Each; readonly value: number } }[K];
type Verdict = Of<Kind>;

const troubles: readonly ErrorCode[] = ['unavailable', 'throttled', 'refused', 'outcomeUnknown'];

/** The world of one random run: what its ports do, and what the durable store says at the end. */
class World {
  readonly clock: VirtualClock;
  readonly recorded = new Map<number, Verdict['kind']>();
  readonly sends = new Map<number, number>();
  readonly claimed = new Set<number>();
  claimedAtMost = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  get chance(): number {
    return this.clock.random();
  }

  /** A call to the outside: it takes a while, and may go wrong before or after its effect. */
  async call<T>(effect: () => T, failures: readonly ErrorCode[]): Promise<T> {
    await new Promise<void>((resolve) => this.clock.after(this.chance * 50, resolve));
    const code = failures[Math.floor(this.chance * failures.length * 6)];
    // Only an unknown end may hide an effect that happened.
    const isAfter = code === 'outcomeUnknown' && this.chance < 0.5;
    if (code !== undefined && !isAfter) throw new WeirError(code, 'before the effect');
    const result = effect();
    if (code !== undefined) throw new WeirError(code, 'after the effect');
    return result;
  }

  readonly decide = (value: number): Answer<Verdict> => {
    const kind = this.recorded.get(value);
    if (kind === 'sent' || kind === 'refused' || kind === 'unknown') return skip('ended before');
    return { kind: value % 5 === 4 ? 'quiet' : 'send', value };
  };

  readonly claim = (sends: readonly Of<'send'>[]): Promise<readonly Answer<Of<'send'>>[]> =>
    this.call(
      () =>
        sends.map((send) => {
          if (this.claimed.has(send.value)) return defer('claimed by another');
          this.claimed.add(send.value);
          this.claimedAtMost = Math.max(this.claimedAtMost, this.claimed.size);
          return send;
        }),
      [],
    );

  readonly send = ({ value }: Of<'send'>): Promise<Of<'sent'>> =>
    this.call((): Of<'sent'> => {
      this.sends.set(value, (this.sends.get(value) ?? 0) + 1);
      return { kind: 'sent', value };
    }, troubles);

  readonly look = (verdict: Verdict): Promise<Verdict> => this.call(() => verdict, ['unavailable']);

  readonly record = (verdicts: readonly Verdict[]): Promise<readonly Answer<Verdict>[]> =>
    this.call(
      () =>
        verdicts.map((verdict) => {
          this.recorded.set(verdict.value, verdict.kind);
          this.claimed.delete(verdict.value);
          return verdict.kind === 'quiet' || verdict.kind === 'later' ? defer('a row brings it back') : verdict;
        }),
      ['unavailable', 'outcomeUnknown'],
    );
}

/** Decide, look, send and record, as a pipeline would. */
function chainOf(message$: Observable<Message<number>>, { decide, look, claim, send, record }: World): Observable<Message<unknown>> {
  const retry = { maxRetries: 2, firstDelayMs: 20, maxDelayMs: 100 };
  const effect = { concurrency: 4, timeLimitMs: 40, holdMs: 200, retry };
  const as =
    <K extends Kind>(kind: K) =>
    ({ value }: Verdict) => ({ kind, value });
  return message$.pipe(
    mapEach(decide),
    mergeMapByKey(look, { ...effect, unknown: 'retry', later: as('later') }),
    mergeMapWhen('send', send, {
      ...effect,
      claim,
      limit: rateLimit({ perSecond: 200, burst: 5, keyOf: ({ value }: Verdict) => String(value % 3), totalPerSecond: 500 }),
      share: { keyOf: ({ value }: Verdict) => String(value % 2), concurrency: 3 },
      refused: as('refused'),
      later: as('later'),
      unknown: as('unknown'),
    }),
    mapChunk(record, { size: 5, maxWaitMs: 30 }),
  );
}

describe('a chain of real operators under random failures, cuts, drains and pauses', () => {
  it('holds the law and its bounds at every moment, loses nothing and never settles what is not recorded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const clock = virtualClock(new Date(0), seed);
        const world = new World(clock);
        const count = Math.floor(clock.random() * 60);
        const window = 1 + Math.floor(clock.random() * 20);
        const limits = { window, maxSpan: window + Math.floor(clock.random() * 20) };
        const source = scriptedSource({
          count,
          partitions: 2,
          onSettle: ({ messages }) => {
            for (const { envelope, outcome } of messages) {
              const isRecorded = world.recorded.has(Number(envelope.position));
              if (outcome === 'done') expect(isRecorded).toBe(true);
            }
          },
        });
        let isOver = false;
        for (let attempt = 0; attempt < 200 && !isOver; attempt += 1) {
          // A new run finds the claims of the old one recorded or lost: here a lease ran out, so they are unknown.
          for (const value of world.claimed) world.recorded.set(value, 'unknown');
          world.claimed.clear();
          const run = runChain(aSpec({ source, clock, limits, chain: (message$) => chainOf(message$, world) }));
          let how: string | undefined;
          void run.ended.then((end) => (how = end.how));
          const stopAtStep = clock.random() < 0.4 ? Math.floor(clock.random() * 100) : Number.POSITIVE_INFINITY;
          for (let step = 0; how === undefined; step += 1) {
            if (step === stopAtStep && clock.random() < 0.5) run.cut();
            else if (step === stopAtStep) run.drain();
            if (clock.random() < 0.05) run.pause();
            if (!(await clock.step()) || clock.random() < 0.3) run.resume();
            expect(imbalance(run.counts())).toBe(0);
            expect(run.counts().inFlight).toBeLessThanOrEqual(window);
            for (const span of run.spans()) expect(span.size).toBeLessThanOrEqual(limits.maxSpan);
            const marks = trueWatermarks(source, 2);
            for (const [partition, mark] of source.committed) expect(mark).toBeLessThanOrEqual(marks.get(partition) ?? -1);
          }
          expect(run.counts().inFlight).toBe(0);
          isOver = how === 'completed' && source.settled.size === count;
        }
        expect(source.settled.size).toBe(count);
        for (const [, sends] of world.sends) expect(sends).toBe(1);
        // Four effects and, at most, one chunk that is being recorded while the next is gathered.
        expect(world.claimedAtMost).toBeLessThanOrEqual(4 + 2 * 5);
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 1_000) },
    );
  }, 120_000);

  it('flushes what a chunk has gathered when it drains', async () => {
    const clock = virtualClock(new Date(0));
    const written: number[][] = [];
    const write = (values: readonly number[]): Promise<readonly number[]> => {
      written.push([...values]);
      return Promise.resolve(values);
    };
    const chain = (message$: Observable<Message<number>>): Observable<Message<unknown>> =>
      message$.pipe(mapChunk(write, { size: 1_000, maxWaitMs: 60_000 }));
    const run = runChain(aSpec({ source: scriptedSource(), clock, chain, limits: { window: 7, maxSpan: 7 } }));
    await clock.advance(10);
    run.drain();
    await clock.advance(10);
    expect(await run.ended).toEqual({ how: 'completed', isQuiet: true });
    expect(written).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
    expect(run.counts()).toMatchObject({ received: 7, done: 7, released: 0 });
  });
});
