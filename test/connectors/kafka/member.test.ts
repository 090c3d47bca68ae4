import { describe, expect, test } from 'vitest';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { Member, type MemberEvents, type Silence } from '../../../src/connectors/kafka/member.ts';
import type { GroupHooks } from '../../../src/connectors/kafka/rejoinHook.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { scriptedKafka, type ScriptedClient } from './scriptedKafka.ts';

const sessionTimeoutMs = 1_000;

const nothing = (): void => undefined;
const noEvents: MemberEvents = {
  ...{ joined: nothing, leaving: () => Promise.resolve(), read: () => false, answered: nothing, removed: nothing, silent: nothing },
};

/** A member that has joined, its client, and what that tells besides. */
async function aMember(events: Partial<MemberEvents>, clock = virtualClock(new Date(0))) {
  const settings = withDefaults({ brokers: [], clock, instance: 'a', sessionTimeoutMs });
  const { kafka, clients, hooks } = scriptedKafka();
  const member = new Member(kafka, settings, { topic: 't', group: 'g' }, { ...noEvents, ...events });
  await member.start();
  return { member, client: clients[0] as ScriptedClient, hooks: hooks[0] as GroupHooks };
}

/** Runs a member for ten session timeouts, in which only these answers come; what it says fell silent. */
async function silences(...answers: readonly ('fetch' | 'heartbeat')[]): Promise<readonly Silence[]> {
  const clock = virtualClock(new Date(0));
  const told: Silence[] = [];
  const { member, client } = await aMember({ silent: (what) => void told.push(what) }, clock);
  for (let passedMs = 0; passedMs < 10 * sessionTimeoutMs; passedMs += 100) {
    for (const answer of answers) client.emit(answer, { payload: {} });
    await clock.advance(100);
  }
  await member.leave();
  return told;
}

describe('a member', () => {
  test('whose reads and signs of life are answered is not silent', async () => {
    expect(await silences('fetch', 'heartbeat')).toEqual([]);
  });

  test.each([
    ['silent', []],
    ['silentFetch', ['heartbeat']],
    ['silentHeartbeat', ['fetch']],
  ] as const)('is %s, once, where only %j comes', async (silence, answers) => {
    expect(await silences(...answers)).toEqual([silence]);
  });

  test.each([
    ['as many as lie between, where it goes on behind them', 8n, [3]],
    ['none, where it goes on in its place', 5n, []],
    ['one at least, where the topic begins anew', 0n, [1]],
  ])('tells of messages that are gone %s', async (_, goesOnAt, counts) => {
    const told: number[] = [];
    const { member, hooks } = await aMember({ removed: (_partition, count) => void told.push(count) });
    hooks.outOfRange(0, 5n);
    hooks.answered(1, 100n);
    expect(told).toEqual([]);
    hooks.answered(0, goesOnAt);
    hooks.answered(0, 9n);
    expect(told).toEqual(counts);
    await member.leave();
    expect(told).toEqual(counts);
  });

  test.each([
    ['joins anew', ({ client }: Awaited<ReturnType<typeof aMember>>) => client.run()],
    ['ends', ({ member }: Awaited<ReturnType<typeof aMember>>) => member.leave()],
  ])('tells of messages that are gone also where it %s before it goes on', async (_, happens) => {
    const told: (readonly [number, number])[] = [];
    const made = await aMember({ removed: (...what) => void told.push(what) });
    made.hooks.outOfRange(0, 5n);
    await happens(made);
    expect(told).toEqual([[0, 1]]);
    await made.member.leave();
    expect(told).toHaveLength(1);
  });
});
