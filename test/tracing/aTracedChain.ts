import { createMemoryBus } from '../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../src/connectors/memory/memoryStore.ts';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';
import type { LogFields } from '../../src/logging/logger.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain, type ChainSpec } from '../../src/runtime/runChain.ts';
import { messageSpans } from '../../src/tracing/messageSpans.ts';
import { tracedBus } from '../../src/tracing/tracedBus.ts';
import { testTopic } from '../conformance/busHarness.ts';
import { silent } from '../support/aSpec.ts';
import { until } from '../support/until.ts';

/** Stands in every key and value of these messages, and in what systems noted about their traces. */
export const canary = 'CanaryQ7x';

/** The id of the trace of the message with this number, and what its header says. */
export function traceIdOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

export const parentId = '00f067aa0ba902b7';

export function traceparentOf(number: number): string {
  return `00-${traceIdOf(number)}-${parentId}-01`;
}

/** A message in a trace of its own. */
export function aTracedMessage(number: number, over: Partial<Outgoing> = {}): Outgoing {
  const key = `${canary} ${number}`;
  const headers = { traceparent: traceparentOf(number), tracestate: `name=${canary}` };
  return { key, value: Buffer.from(key), headers: new Map(Object.entries(headers)), ...over };
}

/** A chain over a bus in memory, as the daemon runs it. */
export interface ATracedChain {
  readonly bus: Bus;
  readonly from: Topic;
  readonly to: Topic;
  readonly lines: readonly LogFields[];
  /** Publishes these messages to `from` and runs a chain over them until each has ended. */
  run(messages: readonly Outgoing[], chain: ChainSpec<Uint8Array>['chain']): Promise<void>;
  /** What stands on `to`. */
  published(): readonly Outgoing[];
  /** The headers of what was put aside of `from`. */
  putAside(): readonly ReadonlyMap<string, string>[];
}

export function aTracedChain(): ATracedChain {
  const store = new MemoryStore();
  const memory = createMemoryBus({ store });
  const bus = tracedBus(memory);
  const [from, to] = [testTopic(), testTopic()];
  const lines: LogFields[] = [];
  const say = (_sentence: string, fields: LogFields = {}): void => void lines.push(fields);
  return {
    ...{ bus, from, to, lines },
    run: async (messages, chain) => {
      store.append(from, messages);
      const run = runChain({
        ...{ name: 'test.traced', source: bus.subscribe(from, { group: 'g' }), chain, clock: realClock, stopTimeoutMs: 1_000 },
        meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
        log: { ...silent, warn: say, debug: say, isDebug: () => true },
        limits: { window: 50, maxSpan: 100 },
        spans: () => messageSpans('test.traced'),
      });
      await until('all have ended', () => run.counts().received === messages.length && run.counts().inFlight === 0);
      run.drain();
      await run.ended;
    },
    published: () => store.topic(to).partitions.flat(),
    putAside: () => memory.deadLetters(from).map(({ headers }) => headers),
  };
}

/** The trace id that a message carries. */
export function carried({ headers }: Pick<Outgoing, 'headers'>): string | undefined {
  return headers?.get('traceparent')?.slice(3, 35);
}
