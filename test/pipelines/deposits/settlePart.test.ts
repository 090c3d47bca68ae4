import { describe, expect, it } from 'vitest';
import {
  placeText,
  planNight,
  planShards,
  readNightPart,
  readPlace,
  readShard,
  shardCount,
  shardOf,
} from '../../../pipelines/deposits/settlePart.ts';

describe('the shards of a night', () => {
  it('are all planned, also those without users', () => {
    const plan = planShards(new Map([[1, 7]]));
    expect(plan.map(({ input, total }) => [input, total])).toEqual([
      [0, 0],
      [1, 7],
      [2, 0],
      [3, 0],
    ]);
  });

  it('divide users by their numbers, also the largest', () => {
    expect([1n, 4n, 2n ** 63n - 1n].map(shardOf)).toEqual([1, 0, 3]);
  });

  it.each([-1, shardCount, 1.5, '0', undefined])('are not what %j is', (input) => {
    expect(() => readShard(input)).toThrow();
  });
});

describe('a night', () => {
  it('moves the balances of every shard before Redis shows any', () => {
    expect(planNight(new Map([[1, 7]])).map(({ input, total }) => [input.moves, input.shard, total])).toEqual([
      ...[0, 1, 2, 3].map((number) => ['balances', number, number === 1 ? 7 : 0]),
      ...[0, 1, 2, 3].map((number) => ['redis', number, undefined]),
    ]);
  });

  it.each([{ moves: 'money', shard: 1 }, { moves: 'redis', shard: shardCount }, 1])('has no part %j', (input) => {
    expect(() => readNightPart(input)).toThrow();
  });
});

describe('a place', () => {
  it.each([
    { pass: 'moving', day: '', after: '17' },
    { pass: 'staged', day: '2026-11-24', after: '9223372036854775807' },
    { pass: 'found', day: '', after: '3' },
    { pass: 'behind', day: '', after: '' },
  ] as const)('is read as it was written: %j', (place) => {
    expect(readPlace(placeText(place))).toEqual(place);
  });

  it('is the beginning where there is none', () => {
    expect(readPlace(undefined)).toEqual({ pass: 'staged', day: '', after: '' });
  });

  it('of a pass that there is not is refused', () => {
    expect(() => readPlace('paid//1')).toThrow();
  });
});
