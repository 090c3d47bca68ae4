import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Topic } from '../../../src/connectors/bus.ts';
import { createMemoryBus, type MemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Sink } from '../../../src/connectors/sink.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import {
  beginReplay,
  claimReplay,
  completeReplay,
  endLetters,
  listReplays,
  nextPositions,
  releaseReplay,
  type ReplayClaim,
} from '../../../src/runtime/deadLetters/replayStore.ts';
import { runReplays } from '../../../src/runtime/deadLetters/runReplays.ts';
import { WakeUp } from '../../../src/runtime/jobs/wakeUp.ts';
import { aDeadLetter, aTopic } from '../../conformance/busHarness.ts';
import { silent } from '../../support/aSpec.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { openPool } from '../jobs/copyJob.ts';

const at = new Date('2026-11-15T00:00:00Z');
let database: PostgresDatabase;
let bus: MemoryBus;
let topic: Topic;

beforeAll(async () => {
  database = openPool(await aMigratedDatabase());
});

beforeEach(async () => {
  await database.execute('TRUNCATE weir.dead_letter_replay CASCADE');
  bus = createMemoryBus();
  topic = await aTopic(bus, { maxSizeBytes: 1_000 });
});

/** Begins a replay of so many letters, the newest first. */
async function begin(count: number, perSecond: number): Promise<readonly string[]> {
  const source = bus.subscribe(topic, { group: 'g' });
  for (let number = 0; number < count; number += 1) await source.deadLetter(aDeadLetter({ key: `letter ${number}` }));
  const positions = Array.from({ length: count }, (_, index) => String(count - 1 - index));
  await database.withTransaction((transaction) => beginReplay(transaction, { topic: topic.name, positions, perSecond, actor: 'kim', at }));
  return positions;
}

async function claim(holder: string, leaseMs: number): Promise<ReplayClaim> {
  const claimed = await claimReplay(database, { topics: [topic.name], holder, leaseMs });
  if (claimed === undefined) throw new Error('nothing was claimed');
  return claimed;
}

/** Works until a replay has completed; answers for how long it paused, in milliseconds. Each write takes `writeMs`. */
async function replayAll(writeMs: number, keys: string[]): Promise<readonly number[]> {
  const pauses: number[] = [];
  let nowMs = 0;
  // A wait is over at once, and is remembered.
  const clock: Clock = {
    ...realClock,
    elapsedMs: () => nowMs,
    after: (delayMs, work) => {
      pauses.push(delayMs);
      const timer = setImmediate(work);
      return () => clearImmediate(timer);
    },
  };
  const drain = new AbortController();
  let pausedMs: readonly number[] = [];
  const info = (sentence: string): void => {
    if (sentence !== 'replay of dead letters completed') return;
    pausedMs = [...pauses];
    drain.abort();
  };
  const publish = (): Sink => ({
    write: async (messages) => {
      keys.push(...messages.map(({ key }) => key));
      nowMs += writeMs;
      await Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  const own = { bus: { publish, deadLettersOf: (of: Topic) => bus.deadLettersOf(of) }, topics: [topic], clock, log: { ...silent, info } };
  const lease = { holder: 'here', leaseMs: 60_000, wakeUp: new WakeUp(realClock, 60_000) };
  await runReplays({ ...own, ...lease, database, draining: drain.signal });
  return pausedMs;
}

it('a replay goes in its order and at its rate, what publishing takes included', async () => {
  const positions = await begin(25, 10);
  const keys: string[] = [];
  // A second for ten, half a second for five.
  expect(await replayAll(300, keys)).toEqual([700, 700, 200]);
  expect(keys).toEqual(positions.map((position) => `letter ${position}`));
  expect(await listReplays(database, 1)).toMatchObject([{ state: 'COMPLETED', replayed: 25n }]);
});

it('whoever was taken for dead changes nothing of a replay that another has taken over', async () => {
  const positions = await begin(3, 10);
  const dead = await claim('dead', -1);
  const heir = await claim('heir', 60_000);
  const ends = positions.map((position) => ({ position, state: 'REPLAYED', note: null }) as const);
  await expect(endLetters(database, dead, ends, 60_000, at)).rejects.toMatchObject({ code: 'fenced' });
  await expect(completeReplay(database, dead, at)).rejects.toMatchObject({ code: 'fenced' });
  await releaseReplay(database, dead);
  expect(await listReplays(database, 1)).toMatchObject([{ state: 'RUNNING', replayed: 0n }]);
  expect(await claimReplay(database, { topics: [topic.name], holder: 'another', leaseMs: 60_000 })).toBeUndefined();
  expect(await nextPositions(database, heir, 10)).toEqual(positions);
  await endLetters(database, heir, ends, 60_000, at);
  await completeReplay(database, heir, at);
  expect(await listReplays(database, 1)).toMatchObject([{ state: 'COMPLETED', replayed: 3n }]);
});
