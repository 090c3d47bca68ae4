import { expect, it } from 'vitest';
import { outboxStandings } from '../../../src/runtime/outbox/standings.ts';
import { anOutbox } from './anOutbox.ts';

it('outboxes tell how many messages wait and since when, those of a topic that is declared no more too', async () => {
  const shop = await anOutbox();
  await shop.database.execute('CREATE SCHEMA other');
  await shop.database.query(`SELECT weir.provide_outbox('other')`);
  await shop.insert('k', 'x', 'y');
  await shop.database.execute(`UPDATE shop.outbox SET topic = 'gone', created_at = clock_timestamp() - interval '90 seconds'`);
  const [first, second] = await outboxStandings(shop.database, ['shop', 'other']);
  expect(first).toMatchObject({ outbox: 'shop', messages: 2 });
  expect(first?.oldestSeconds).toBeGreaterThanOrEqual(90);
  expect(first?.oldestSeconds).toBeLessThan(120);
  expect(second).toEqual({ outbox: 'other', messages: 0, oldestSeconds: 0 });
  expect(await outboxStandings(shop.database, [])).toEqual([]);
});

it('messages whose time has not come are not late, and those whose time has are since then', async () => {
  const shop = await anOutbox();
  const [soon, before] = [new Date(Date.now() + 3_600_000), new Date(Date.now() - 5_000)];
  const messages = [soon, before].map((notBefore, at) => ({ ...shop.message('k', String(at)), notBefore }));
  await shop.database.withTransaction((transaction) => shop.outbox.insert(transaction, messages));
  await shop.database.execute(`UPDATE shop.outbox SET created_at = clock_timestamp() - interval '1 hour'`);
  await shop.insert('k', 'after them');
  await shop.database.execute(
    `UPDATE shop.outbox SET created_at = clock_timestamp() - interval '30 seconds' WHERE not_before = '-infinity'`,
  );
  const [standing] = await outboxStandings(shop.database, ['shop']);
  expect(standing?.messages).toBe(2);
  // Not of the lowest id: that of the one that has waited longest.
  expect(standing?.oldestSeconds).toBeGreaterThanOrEqual(30);
  expect(standing?.oldestSeconds).toBeLessThan(60);
});
