import { describe, expect, test } from 'vitest';
import { PartitionGroup } from '../../../src/connectors/memory/partitionGroup.ts';
import { messages } from '../../conformance/busHarness.ts';

describe('PartitionGroup', () => {
  const [one, two] = [{}, {}];

  test('goes to another member only when nothing of it is in flight', () => {
    const part = new PartitionGroup('p', messages(1, 3));
    expect(part.take(one)).toBe(true);
    part.fetch();
    expect(part.take(two)).toBe(false);
    part.settle(0, part.epoch);
    expect(part.take(two)).toBe(true);
    expect(part.epoch).toBe(2);
  });

  test('delivers what a member left again to the next one, with one attempt more', () => {
    const part = new PartitionGroup('p', messages(1, 3));
    part.take(one);
    part.fetch();
    part.fetch();
    part.leave(one);
    part.take(two);
    expect([part.fetch(), part.fetch(), part.fetch()].map((fetched) => [fetched?.offset, fetched?.attempt])).toEqual([
      [0, 2],
      [1, 2],
      [2, 1],
    ]);
    expect(part.fetch()).toBeUndefined();
  });

  test('a late settling counts while nobody else owns the partition, and not afterwards', () => {
    const part = new PartitionGroup('p', messages(1, 3));
    part.take(one);
    const { epoch } = part;
    part.fetch();
    part.fetch();
    part.leave(one);
    part.settle(0, epoch);
    part.take(two);
    expect(part.fetch()?.offset).toBe(1);
    part.settle(1, epoch);
    part.leave(two);
    part.take(one);
    expect(part.fetch()).toMatchObject({ offset: 1, attempt: 3 });
  });
});
