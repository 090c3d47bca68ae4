import { concatMap, delay, of, tap } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import type { Source } from '../../../src/connectors/source.ts';
import { pause } from '../../../src/message/pause.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runChain, type ChainRun } from '../../../src/runtime/runChain.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { aTopic, messages, publish } from '../../conformance/busHarness.ts';
import { sharedKafka } from '../../support/services.ts';
import { silent } from '../../support/aSpec.ts';
import { until } from '../../support/until.ts';
import { aKafkaBus } from './aKafkaBus.ts';

vi.setConfig({ testTimeout: 120_000 });

// Other seeds, or one again: CHAOS_SEED=7 npm test -- test/connectors/kafka/chaos.test.ts
const { CHAOS_SEED: given } = process.env;
const seeds = given === undefined ? [1, 2] : given.split(',').map(Number);

const brokers = sharedKafka();
const count = 6_000;
const keys = 100;
const partitions = 6;
const limits = { window: 100, maxSpan: 150 };

/** As the chaos test of the Parallel Consumer: twelve times, after half a second at most, one is stopped or started. */
const mishaps = 12;
const mostPauseMs = 500;
const chanceOfMishap = 0.8;
const mostMembers = 4;

/** What was delivered of a topic, to whomever. */
class Deliveries {
  readonly #seen = new Set<string>();
  readonly #numbers = new Set<number>();
  readonly #highest = new Map<string, number>();
  readonly #lastOfKey = new Map<string, number>();
  readonly flaws: string[] = [];
  duplicates = 0;
  /** Messages that stand in the topic again: a sink repeats a chunk whose answer is lost. */
  writtenAgain = 0;

  /** How many messages came, each counted once. */
  get size(): number {
    return this.#numbers.size;
  }

  add(partition: string, position: string, key: string, number: number): void {
    const highest = this.#highest.get(partition) ?? -1;
    const place = `${partition} ${position}`;
    if (this.#seen.has(place)) {
      this.duplicates += 1;
      if (highest - Number(position) > limits.maxSpan) this.flaws.push(`again, ${highest - Number(position)} below the highest: ${place}`);
      return;
    }
    this.#seen.add(place);
    this.#highest.set(partition, Math.max(highest, Number(position)));
    if (this.#numbers.has(number)) {
      this.writtenAgain += 1;
      return;
    }
    this.#numbers.add(number);
    if (number < (this.#lastOfKey.get(key) ?? -1)) this.flaws.push(`${key}: ${number} came first behind ${this.#lastOfKey.get(key)}`);
    this.#lastOfKey.set(key, number);
  }
}

interface Member {
  readonly bus: Bus;
  readonly chain: ChainRun;
}

describe.skipIf(brokers === undefined)('members of a group on Kafka', () => {
  it.each(seeds)('that are stopped and started all the time lose no key and keep its order, with seed %i', async (seed) => {
    const chance = virtualClock(new Date(0), seed);
    const outside = aKafkaBus(brokers ?? '', { instance: 'outside' });
    const topic = await aTopic(outside, { partitions });
    const deliveries = new Deliveries();
    const members: Member[] = [];
    const plan: string[] = [];
    const start = (): void => {
      const bus = aKafkaBus(brokers ?? '', { instance: `member-${plan.length}` });
      members.push({ bus, chain: handling(bus.subscribe(topic, { group: topic.name }), deliveries) });
      plan.push('start');
    };
    const stop = async (how: 'drain' | 'cut'): Promise<void> => {
      const [member] = members.splice(Math.floor(chance.random() * members.length), 1);
      member?.chain[how]();
      await member?.chain.ended;
      await member?.bus.close();
      plan.push(how);
    };
    try {
      start();
      const published = publishSlowly(outside, topic);
      for (let mishap = 0; mishap < mishaps;) {
        await pause(realClock, chance.random() * mostPauseMs);
        if (chance.random() > chanceOfMishap) continue;
        mishap += 1;
        const isStart = members.length === 0 || (members.length < mostMembers && chance.random() < 0.6);
        if (isStart) start();
        else await stop(chance.random() < 0.5 ? 'drain' : 'cut');
      }
      if (members.length === 0) start();
      await published;
      await until('every key was consumed', () => deliveries.size === count, { limitMs: 60_000 });
      await until('all is committed', async () => (await outside.oldestUnsettledAt(topic, { group: topic.name })) === undefined);
      expect(deliveries.flaws).toEqual([]);
    } catch (error) {
      const told = `CHAOS_SEED=${seed} repeats it: ${plan.join(' ')}; ${deliveries.size} of ${count}, ${deliveries.duplicates} again, ${deliveries.writtenAgain} written again`;
      throw new Error(told, { cause: error });
    } finally {
      while (members.length > 0) await stop('cut');
      await outside.close();
    }
  });
});

async function publishSlowly(bus: Bus, topic: Topic): Promise<void> {
  for (let from = 0; from < count; from += 200) {
    await publish(bus, topic, messages(from, from + 199, keys));
    await pause(realClock, 50);
  }
}

/** Takes a moment for each message, as work does. */
function handling(source: Source, deliveries: Deliveries): ChainRun {
  return runChain({
    name: 'test.pipeline',
    source,
    chain: (message$) =>
      message$.pipe(
        tap(({ envelope: { partition, position, key, original } }) => {
          deliveries.add(partition, position, key, Number(Buffer.from(original).toString()));
        }),
        concatMap((message) => of(message).pipe(delay(0))),
      ),
    clock: realClock,
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    log: silent,
    limits,
    stopTimeoutMs: 5_000,
  });
}
