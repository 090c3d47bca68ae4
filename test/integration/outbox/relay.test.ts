import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../../src/connectors/memory/memoryStore.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { eventIdHeader } from '../../../src/runtime/outbox/outbox.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aBroker, anOutbox, firsts, startRelay, type ABroker, type AnOutbox, type ARelay } from './anOutbox.ts';

let shop: AnOutbox;
let broker: ABroker;

beforeAll(async () => {
  shop = await anOutbox({ maxSizeBytes: 100_000 });
});

beforeEach(async () => {
  await shop.database.execute('TRUNCATE shop.outbox');
  broker = aBroker();
});

/** Relays that end with their test. */
function started(over: Parameters<typeof startRelay>[2] = {}): ARelay {
  const relay = startRelay(shop, broker.bus, over);
  onTestFinished(() => relay.stop());
  return relay;
}

async function allPublished(count: number): Promise<void> {
  await until('all is published', async () => firsts(broker.values()).length === count && (await shop.left()).length === 0);
}

/** A database that tells nobody of new rows. */
function deaf(): Database {
  return { ...openPool(shop.url), listen: () => () => undefined };
}

const unavailable = new WeirError('unavailable', 'the broker is away');
const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

describe('what stands in an outbox', () => {
  it('is published with its key, headers and id, and deleted', async () => {
    const store = new MemoryStore();
    const relay = startRelay(shop, createMemoryBus({ store }));
    onTestFinished(() => relay.stop());
    const own = Object.entries({ version: '2', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
    const message = { ...shop.message('k', 'paid'), id: 'event 1', headers: new Map(own) };
    await shop.database.withTransaction((transaction) => shop.outbox.insert(transaction, [message]));
    const taken = await until('it is published', () => store.topic(shop.topic).partitions.flat()[0]);
    const headers = new Map([...message.headers, [eventIdHeader, 'event 1']]);
    expect({ ...taken, value: Buffer.from(taken.value).toString() }).toMatchObject({ key: 'k', value: 'paid', headers });
    await until('it is deleted', async () => (await shop.left()).length === 0);
    await until('it is counted', () => relay.counts.published === 1);
  });

  it('is published in its order, more than a chunk at once', async () => {
    const values = numbers(2_500);
    await shop.insert('k', ...values);
    started({ pollMs: 60_000 });
    await allPublished(values.length);
    expect(broker.values()).toEqual(values);
  });

  it('waits for its time on the calendar, while later ones of its key pass, and is then published', async () => {
    let now = new Date('2026-11-01T00:00:00Z');
    const notBefore = new Date('2026-11-01T00:00:10Z');
    await shop.database.withTransaction((transaction) =>
      shop.outbox.insert(transaction, [{ ...shop.message('k', 'late'), notBefore }, shop.message('k', 'soon')]),
    );
    started({ clock: { ...realClock, now: () => now } });
    await until('what need not wait is published', async () => (await shop.left()).length === 1);
    await shop.insert('k', 'next');
    await until('what came later passes', async () => broker.values().length === 2 && (await shop.left()).length === 1);
    expect(broker.values()).toEqual(['soon', 'next']);
    now = notBefore;
    await allPublished(3);
    expect(broker.values()).toEqual(['soon', 'next', 'late']);
  });

  it('is published in chunks that memory can hold', async () => {
    const largest: number[] = [];
    broker.before = (chunk) => void largest.push(chunk.reduce((sum, { value }) => sum + value.byteLength, 0));
    const values = numbers(100).map((number) => number.padEnd(99_000, ' '));
    await shop.insert('k', ...values);
    started({ pollMs: 60_000 });
    await allPublished(values.length);
    expect(broker.values()).toEqual(values);
    expect(Math.max(...largest)).toBeLessThanOrEqual(4_194_304);
  });

  it('is not published when its transaction is rolled back', async () => {
    started();
    const rolledBack = shop.database.withTransaction(async (transaction) => {
      await shop.outbox.insert(transaction, [shop.message('k', 'never')]);
      throw new WeirError('refused', 'no money');
    });
    await expect(rolledBack).rejects.toMatchObject({ code: 'refused' });
    await shop.insert('k', 'after');
    await allPublished(1);
    expect(broker.values()).toEqual(['after']);
  });

  it('is published where its row was committed after a later one', async () => {
    started();
    await shop.database.withTransaction(async (transaction) => {
      await shop.outbox.insert(transaction, [shop.message('k', 'first')]);
      await shop.insert('k', 'second');
      await until('the later one is published', () => broker.taken.length === 1);
    });
    await allPublished(2);
    expect(broker.values()).toEqual(['second', 'first']);
  });

  it('is found by looking where nobody told of it', async () => {
    started({ database: deaf() });
    await shop.insert('k', 'x');
    await allPublished(1);
  });

  it('is published as soon as it is committed, long before it would be looked for', async () => {
    const relay = started({ pollMs: 60_000 });
    await shop.insert('k', 'x');
    await allPublished(1);
    await until('it is counted', () => relay.counts.published === 1);
    await shop.insert('k', 'y');
    await allPublished(2);
  });
});

describe('what a broker would never take', () => {
  it('fails the transaction that inserts it', async () => {
    const tooLarge = shop.insert('k', 'x', 'y'.repeat(100_001));
    await expect(tooLarge).rejects.toMatchObject({ code: 'oversize' });
    const header = { ...shop.message('k', 'x'), headers: new Map([['note', 'z'.repeat(40_000)]]) };
    const tooMuchBeside = shop.database.withTransaction((transaction) => shop.outbox.insert(transaction, [header]));
    await expect(tooMuchBeside).rejects.toMatchObject({ code: 'oversize' });
    expect(await shop.left()).toEqual([]);
  });

  it('and what no relay would publish, or nobody could tell from another', async () => {
    const insert = (message: Parameters<typeof shop.outbox.insert>[1][number]): Promise<void> =>
      shop.database.withTransaction((transaction) => shop.outbox.insert(transaction, [message]));
    const other = { ...shop.topic, name: 'other' };
    await expect(insert({ ...shop.message('k', 'x'), topic: other })).rejects.toThrow('the outbox has no topic other');
    await expect(insert({ ...shop.message('k', 'x'), id: '' })).rejects.toThrow('has no id');
  });
});

describe('a broker that fails', () => {
  it('is tried again until it works, which is told once each way', async () => {
    const relay = started();
    await until('the relay listens', () => relay.counts.failed === 0);
    broker.before = () => Promise.reject(unavailable);
    broker.reach = () => Promise.reject(unavailable);
    await shop.insert('k', 'x');
    await until('it has failed some times', () => relay.counts.failed > 2);
    expect(await shop.left()).toEqual(['x']);
    broker.before = () => undefined;
    broker.reach = () => Promise.resolve();
    await allPublished(1);
    await until('it is told', () => relay.lines.length === 2);
    expect(relay.lines).toMatchObject([
      { level: 'warn', fields: { key: 'shop', partition: shop.topic.name, code: 'unavailable' } },
      { level: 'info', sentence: 'outbox is published again' },
    ]);
  });

  it('holds no connection to the database while it is away', async () => {
    let transactions = 0;
    const pool = openPool(shop.url);
    const withTransaction: Database['withTransaction'] = (work, options) => {
      transactions += 1;
      return pool.withTransaction(work, options);
    };
    broker.before = () => Promise.reject(unavailable);
    broker.reach = () => Promise.reject(unavailable);
    const relay = started({ database: { ...pool, withTransaction } });
    await shop.insert('k', 'x');
    await until('it has failed some times', () => relay.counts.failed > 3);
    expect(transactions).toBe(1);
  });

  it('repeats what it may have taken and loses none, in order', async () => {
    let chunks = 0;
    broker.after = () => {
      chunks += 1;
      if (chunks === 1) throw new WeirError('outcomeUnknown', 'the answer was lost');
    };
    const values = numbers(1_500);
    await shop.insert('k', ...values);
    started();
    await allPublished(values.length);
    expect(firsts(broker.values())).toEqual(values);
    expect(broker.values()).toHaveLength(2_500);
  });

  it.each([
    ['refused', new WeirError('refused', 'never'), 'error'],
    ['outcomeUnknown', new WeirError('outcomeUnknown', 'the answer was lost'), 'warn'],
    ['defect', new TypeError('no text'), 'error'],
  ] as const)(
    'and fails with %s on one message holds up its lane alone, however long that rests, and tells of it',
    async (code, error, level) => {
      broker.before = (chunk) => {
        if (chunk.some(({ key }) => key === 'poison')) throw error;
      };
      await shop.insert('poison', 'x');
      for (const number of numbers(40)) await shop.insert(`key ${number}`, number);
      // Rests are at their longest.
      const relay = started({ clock: { ...realClock, random: () => 0.999 } });
      const lanes = await shop.database.query<{ key: string }>(
        `SELECT key FROM shop.outbox o WHERE lane = (SELECT lane FROM shop.outbox WHERE key = 'poison')`,
      );
      await until('the others are published', async () => (await shop.left()).length === lanes.length);
      expect(lanes.length).toBeLessThan(20);
      expect(relay.lines).toMatchObject([{ level, fields: { code } }]);
    },
  );
});

describe('several relays', () => {
  it('publish messages of a key in their order, whatever fails meanwhile', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
    let [chunks, working] = [0, 0];
    let most = 0;
    broker.before = async (chunk) => {
      working += 1;
      most = Math.max(most, working);
      chunks += 1;
      await shop.database.query('SELECT 1');
      working -= 1;
      if (chunks % 5 === 0) throw unavailable;
      // A part of a chunk is taken, and the rest is not.
      if (chunks % 7 === 0) {
        broker.taken.push(...chunk.slice(0, Math.ceil(chunk.length / 2)));
        throw new WeirError('outcomeUnknown', 'the answer was lost');
      }
    };
    started();
    started();
    started({ database: deaf() });
    for (let number = 0; number < 60; number += 1) {
      await shop.database.withTransaction((transaction) =>
        shop.outbox.insert(
          transaction,
          keys.map((key) => shop.message(key, String(number))),
        ),
      );
    }
    await until('the outbox is empty', async () => (await shop.left()).length === 0, { limitMs: 20_000 });
    for (const key of keys) expect(firsts(broker.values(key))).toEqual(numbers(60));
    expect(most).toBeGreaterThan(1);
  });

  it('leave a lane alone that another one is publishing', async () => {
    const [entered, leave] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let chunks = 0;
    broker.before = async () => {
      chunks += 1;
      if (chunks > 1) return;
      entered.resolve(undefined);
      await leave.promise;
    };
    await shop.insert('k', '1', '2');
    started();
    await entered.promise;
    let looks = 0;
    const pool = openPool(shop.url);
    const withTransaction: Database['withTransaction'] = async (work, options) => {
      const value = await pool.withTransaction(work, options);
      looks += 1;
      return value;
    };
    started({ database: { ...pool, withTransaction } });
    await shop.insert('k', '3');
    await until('the other has looked', () => looks > 1);
    expect(broker.taken).toEqual([]);
    leave.resolve(undefined);
    await allPublished(3);
    expect(broker.values()).toEqual(['1', '2', '3']);
  });

  it('pass over no row that somebody else has locked: a later one of its key would be published first', async () => {
    await shop.insert('k', '1', '2');
    await shop.database.withTransaction(async (transaction) => {
      await transaction.query('SELECT FROM shop.outbox ORDER BY id LIMIT 1 FOR UPDATE');
      started();
      await until('the relay has published them', () => broker.taken.length > 0);
    });
    await allPublished(2);
    expect(firsts(broker.values())).toEqual(['1', '2']);
  });
});
