import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../../src/connectors/database.ts';
import { WeirError } from '../../../src/errors.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { mortal } from '../jobs/mortal.ts';
import { aBroker, anOutbox, firsts, startRelay, type ABroker, type AnOutbox } from './anOutbox.ts';

let shop: AnOutbox;
let broker: ABroker;

beforeAll(async () => {
  shop = await anOutbox();
});

beforeEach(async () => {
  await shop.database.execute('TRUNCATE shop.outbox');
  broker = aBroker();
});

/** Publishes what is left by another process, and tells what came first of each. */
async function finished(): Promise<readonly string[]> {
  const heir = startRelay(shop, broker.bus);
  onTestFinished(() => heir.stop());
  await until('nothing is left', async () => (await shop.left()).length === 0);
  await heir.stop();
  return firsts(broker.values());
}

describe('a relay that is killed', () => {
  it('loses nothing and changes no order, whatever it was about to do', async () => {
    const values = ['1', '2', '3'];
    const repeated = new Map<string, number>();
    let hasLived = false;
    for (let lastMoment = 1; !hasLived; lastMoment += 1) {
      await shop.insert('k', ...values);
      let moments = 0;
      let where = '';
      const killed = mortal(openPool(shop.url), (moment) => {
        moments += 1;
        where = `${moments} ${moment}`;
        return moments === lastMoment && broker.taken.length <= values.length;
      });
      const relay = startRelay(shop, broker.bus, { database: killed.database, clock: killed.clock, pollMs: 60_000 });
      await until('it is dead, or done', async () => killed.isDead() || (relay.counts.published > 0 && (await shop.left()).length === 0));
      hasLived = !killed.isDead();
      killed.kill();
      expect(await finished(), where).toEqual(values);
      repeated.set(where, broker.values().length / values.length);
      broker.taken.length = 0;
    }
    // Between publishing and the commit a chunk is repeated; before and after, it is not.
    expect(Math.max(...repeated.values())).toBe(2);
    expect([...repeated].filter(([where, times]) => where.endsWith('beforeCommit') && times === 2)).toHaveLength(1);
    expect([...repeated].filter(([where, times]) => where.endsWith('afterCommit') && times === 1)).toHaveLength(1);
    expect(repeated.size).toBeGreaterThan(6);
  });
});

describe('a connection that is lost', () => {
  it.each([
    ['after the commit', true, 1],
    ['before the commit', false, 2],
  ])('in COMMIT, %s, loses nothing', async (_when, isCommitted, times) => {
    const pool = openPool(shop.url);
    let isLost = false;
    const withTransaction: Database['withTransaction'] = async (work, options) => {
      const value = await pool.withTransaction(async (transaction) => {
        const done = await work(transaction);
        if (isLost || isCommitted) return done;
        isLost = true;
        throw new WeirError('outcomeUnknown', 'the connection was lost in COMMIT');
      }, options);
      if (isLost) return value;
      isLost = true;
      throw new WeirError('outcomeUnknown', 'the connection was lost in COMMIT');
    };
    await shop.insert('k', '1', '2');
    const relay = startRelay(shop, broker.bus, { database: { ...pool, withTransaction } });
    onTestFinished(() => relay.stop());
    await until('nothing is left', async () => (await shop.left()).length === 0);
    await until('it has failed once', () => relay.counts.failed === 1);
    expect(broker.values()).toEqual(Array.from({ length: times }, () => ['1', '2']).flat());
  });

  it('while a chunk is published is met by publishing it again', async () => {
    let chunks = 0;
    broker.after = async () => {
      chunks += 1;
      if (chunks > 1) return;
      await shop.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
      );
    };
    await shop.insert('k', '1', '2');
    const relay = startRelay(shop, broker.bus);
    onTestFinished(() => relay.stop());
    await until('nothing is left', async () => (await shop.left()).length === 0);
    expect(broker.values()).toEqual(['1', '2', '1', '2']);
  });
});

describe('a stop', () => {
  it('ends although the broker is silent, and the rows stay', async () => {
    const never = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    broker.before = async () => {
      begun.resolve(undefined);
      await never.promise;
    };
    await shop.insert('k', '1');
    const relay = startRelay(shop, broker.bus);
    await begun.promise;
    await relay.stop();
    expect(await shop.left()).toEqual(['1']);
    never.reject(new WeirError('unavailable', 'the broker is away'));
  });
});
