import type { Observable } from 'rxjs';
import type { Logger } from '../../src/logging/logger.ts';
import type { Message } from '../../src/message/message.ts';
import type { Counts } from '../../src/runtime/ledger.ts';
import type { ChainSpec } from '../../src/runtime/runChain.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import type { ScriptedSource } from './scriptedSource.ts';

/** A log that keeps nothing. */
export const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A spec with defaults for tests: a window of 20, spans of 50, a virtual clock. */
export function aSpec<V>(
  spec: Pick<ChainSpec<V>, 'source'> & Partial<ChainSpec<V>> & { readonly clock?: VirtualClock },
): ChainSpec<V> & { readonly clock: VirtualClock } {
  return {
    name: 'test.pipeline',
    chain: (message$: Observable<Message<V>>) => message$,
    clock: virtualClock(new Date('2026-11-01T00:00:00Z')),
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    log: silent,
    limits: { window: 20, maxSpan: 50 },
    stopTimeoutMs: 1_000,
    ...spec,
  };
}

/** What the law says is missing or too much: 0 when it holds. */
export function imbalance({ received, done, skipped, deferred, dead, released, inFlight }: Counts): number {
  return received - done - skipped - deferred - dead - released - inFlight;
}

/** What the run counts, and the source was not told, or the other way round; empty when both say the same. */
export function contradictions(counts: readonly Counts[], source: ScriptedSource): readonly string[] {
  const sum = (of: (count: Counts) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const outcomes = ['done', 'skipped', 'deferred', 'dead'] as const;
  const wrong = outcomes.filter((outcome) => sum((count) => count[outcome]) !== (source.told.get(outcome) ?? 0));
  return [...wrong, ...(sum(({ received }) => received) === source.read.length ? [] : ['received'])];
}

/** The highest value of each partition below which, itself included, everything is settled, from the source's own notes. */
export function trueWatermarks(source: ScriptedSource, partitions: number): Map<string, number> {
  const marks = new Map<string, number>();
  for (let partition = 0; partition < partitions; partition += 1) {
    let value = partition;
    while (source.settled.has(value)) value += partitions;
    if (value > partition) marks.set(`p${partition}`, value - partitions);
  }
  return marks;
}
