import { Observable } from 'rxjs';
import type { Room, Settled, Source } from '../../src/connectors/source.ts';
import type { WeirError } from '../../src/errors.ts';
import type { DeadLetter } from '../../src/message/deadLetter.ts';
import type { Delivery } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';

export interface ScriptedOptions {
  /** How many messages there are in all; without it they never end. */
  readonly count?: number;
  /** Messages are dealt to the partitions in turn. */
  readonly partitions?: number;
  /** Messages asked for at a time. */
  readonly batch?: number;
  readonly refusal?: (value: number) => WeirError | undefined;
  /** Called before each settle; a rejection fails it. */
  readonly onSettle?: (settled: Settled) => unknown;
  readonly onDeadLetter?: (letter: DeadLetter) => unknown;
}

/** A source of the numbers 0, 1, 2 … that writes down all that the runtime does to it. */
export interface ScriptedSource extends Source<number> {
  readonly read: number[];
  readonly settled: Map<number, string>;
  readonly deadLetters: DeadLetter[];
  /** Highest position committed, by partition. */
  readonly committed: Map<string, number>;
  /** Settled messages by outcome, those of an epoch that was over included. */
  readonly told: Map<string, number>;
  subscriptions: number;
  epoch: number;
  /** Assigns every partition anew: a new epoch reads on from the first message that is not settled. */
  reassign(): void;
}

/** Delivers what is not settled again, to each new subscription, as the contract of a source says. */
export function scriptedSource(options: ScriptedOptions = {}): ScriptedSource {
  const { count = Number.POSITIVE_INFINITY, partitions = 1, batch = 10 } = options;
  const partitionOf = (value: number): string => `p${value % partitions}`;
  const deliveryOf = (value: number): Delivery<number> => {
    const refusal = options.refusal?.(value);
    return {
      key: `k${value % 7}`,
      headers: new Map(),
      partition: partitionOf(value),
      epoch: source.epoch,
      position: String(value),
      attempt: 1,
      value,
      ...(refusal ? { refusal } : {}),
    };
  };
  const pump = async (run: Run, room: Room, next: (delivery: Delivery<number>) => void, signal: AbortSignal): Promise<void> => {
    const waiting = Array.from({ length: partitions }, (_, index) => nextOf(index, -1));
    const live = waiting.filter((value) => value < count);
    await Promise.all(
      live.map(async (first) => {
        let value = first;
        let epoch = source.epoch;
        while (value < count && !run.draining.aborted) {
          const granted = await room.take(batch, partitionOf(first), signal);
          if (epoch !== source.epoch) value = nextOf(first % partitions, -1);
          epoch = source.epoch;
          let used = 0;
          for (; used < granted && value < count && !signal.aborted; used += 1) {
            source.read.push(value);
            next(deliveryOf(value));
            value = nextOf(value % partitions, value);
          }
          room.giveBack(granted - used, partitionOf(first));
        }
      }),
    );
  };
  /** The next value of a partition above `after` that is not settled. */
  const nextOf = (partition: number, after: number): number => {
    let value = after < 0 ? partition : after + partitions;
    while (source.settled.has(value)) value += partitions;
    return value;
  };
  const source: ScriptedSource = {
    read: [],
    settled: new Map(),
    deadLetters: [],
    committed: new Map(),
    told: new Map(),
    subscriptions: 0,
    epoch: 0,
    reassign() {
      source.epoch += 1;
    },
    messages: (run, room) =>
      new Observable((subscriber) => {
        source.subscriptions += 1;
        source.epoch += 1;
        const gone = new AbortController();
        const signal = AbortSignal.any([gone.signal, run.signal, run.draining]);
        pump(run, room, (delivery) => subscriber.next(delivery), signal).then(
          () => subscriber.complete(),
          () => subscriber.complete(),
        );
        return () => gone.abort(new Error('unsubscribed'));
      }),
    async settle(settled) {
      await options.onSettle?.(settled);
      for (const { envelope, outcome } of settled.messages) {
        source.told.set(outcome, (source.told.get(outcome) ?? 0) + 1);
        if (envelope.epoch !== source.epoch) continue;
        const value = Number(envelope.position);
        if (source.settled.has(value)) throw new Error(`${value} was settled twice`);
        source.settled.set(value, outcome);
      }
      for (const { partition, position, epoch } of settled.watermarks) {
        if (epoch === source.epoch) source.committed.set(partition, Number(position));
      }
    },
    async deadLetter(letter) {
      await options.onDeadLetter?.(letter);
      source.deadLetters.push(letter);
    },
    close: () => Promise.resolve(),
  };
  return source;
}
