import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { createInbox } from '../../../src/runtime/outbox/inbox.ts';
import { runForgetting } from '../../../src/runtime/outbox/runForgetting.ts';
import { silent } from '../../support/aSpec.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { anOutbox, type AnOutbox } from './anOutbox.ts';

let shop: AnOutbox;
const inbox = createInbox('shop');

beforeAll(async () => {
  shop = await anOutbox();
  await shop.database.execute('CREATE TABLE shop.effect (event_id text NOT NULL)');
});

beforeEach(async () => {
  await shop.database.execute('TRUNCATE shop.inbox, shop.effect');
});

/** Does the effect of events that are new, as a consumer does, and tells which they were. */
function consume(
  eventIds: readonly string[],
  consumer = 'ledger',
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  return shop.database.withTransaction(async (transaction) => {
    const isNew = await inbox.newOf(transaction, consumer, eventIds);
    await transaction.execute({
      text: 'INSERT INTO shop.effect (event_id) SELECT unnest($1::text[])',
      values: [[...isNew]],
    });
    await before();
    return [...isNew].sort();
  });
}

async function effects(): Promise<readonly string[]> {
  const rows = await shop.database.query<{ event_id: string }>('SELECT event_id FROM shop.effect ORDER BY event_id');
  return rows.map(({ event_id }) => event_id);
}

describe('an event', () => {
  it('is new once, however often it comes, in one call or several', async () => {
    expect(await consume(['b', 'a', 'b'])).toEqual(['a', 'b']);
    expect(await consume(['a', 'c', 'b', 'c'])).toEqual(['c']);
    expect(await consume(['a'])).toEqual([]);
    expect(await consume([])).toEqual([]);
    expect(await effects()).toEqual(['a', 'b', 'c']);
  });

  it('is new to each consumer', async () => {
    expect(await consume(['a'], 'ledger')).toEqual(['a']);
    expect(await consume(['a'], 'mail')).toEqual(['a']);
  });

  it('is new again where the effect was rolled back with it', async () => {
    const fails = (): Promise<void> => Promise.reject(new WeirError('unavailable', 'no effect'));
    await expect(consume(['a'], 'ledger', fails)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await consume(['a'])).toEqual(['a']);
    expect(await effects()).toEqual(['a']);
  });

  it.each([
    ['commits', undefined, []],
    ['is rolled back', new WeirError('unavailable', 'no effect'), ['a']],
  ])('waits for a transaction that is taking it, and goes by how that ends: it %s', async (_how, error, expected) => {
    let second: Promise<readonly string[]> | undefined;
    const first = consume(['a', 'b'], 'ledger', async () => {
      second = consume(['a']);
      await until('the second waits', async () => (await lockWaits(shop.database)) > 0);
      if (error !== undefined) throw error;
    });
    await first.catch(() => undefined);
    expect(await second).toEqual(expected);
    expect((await effects()).filter((id) => id === 'a')).toEqual(['a']);
  });

  it('is known to all who come at once, in any order of ids', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `event ${index}`);
    const taken = await Promise.all([ids, ids.toReversed(), ids, ids.toReversed()].map((some) => consume(some)));
    expect(taken.flat().sort()).toEqual(ids.toSorted());
    expect(await effects()).toHaveLength(ids.length);
  });
});

describe('what is old', () => {
  it('is forgotten by days, and what is younger stays', async () => {
    await shop.database.execute(`
      INSERT INTO shop.inbox (consumer, event_id, received_at)
      SELECT 'ledger', 'old ' || n, clock_timestamp() - interval '91 days' FROM generate_series(1, 2500) AS n`);
    await shop.database.execute(`INSERT INTO shop.inbox VALUES ('ledger', 'young', clock_timestamp() - interval '89 days')`);
    const stopping = new AbortController();
    const spec = { database: shop.database, outboxes: [shop.outbox], clock: realClock, log: silent, keepDays: 90 };
    const forgetting = runForgetting({ ...spec, draining: stopping.signal });
    await until('the old ones are gone', async () => {
      const rows = await shop.database.query<{ event_id: string }>('SELECT event_id FROM shop.inbox');
      return rows.map(({ event_id }) => event_id).join() === 'young';
    });
    stopping.abort();
    await forgetting;
    expect(await consume(['young', 'old 1'])).toEqual(['old 1']);
  });
});
