import { beforeAll, describe, expect, it } from 'vitest';
import { applyDue, readProjections } from '../../../pipelines/deposits/balanceStore.ts';
import { asked, rowsTouchedBy } from '../../support/rowsTouched.ts';
import { aDeposits, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
const chunk = Array.from({ length: 100 }, (_, place) => BigInt(place + 1));
const waiting = 5_000;

// What the planner finds on the morning after: all was applied when the statistics were made, and since then trades have come.
beforeAll(async () => {
  deposits = await aDeposits();
  const { database } = deposits;
  await database.execute('ALTER TABLE deposits.ledger SET (autovacuum_enabled = off)');
  await deposits.open(Object.fromEntries(Array.from({ length: waiting }, (_, place) => [String(place + 1), 1_000n])));
  await database.execute('VACUUM ANALYZE deposits.ledger');
  await database.execute('ANALYZE deposits.account');
  await database.execute({
    text: `
      INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, market, trade_day, due_on, recorded_at)
      SELECT user_id, 'f-' || user_id, 'FILL', -1, 'KRX', '2026-11-20', '2026-11-24', $1 FROM deposits.account`,
    values: [deposits.clock.now()],
  });
});

describe('a chunk of users whose trades the statistics do not know of', () => {
  it('is read by their own rows, not by all that wait', async () => {
    expect(await rowsTouchedBy(deposits.database, await asked((transaction) => readProjections(transaction, chunk)))).toBeLessThan(
      20 * chunk.length,
    );
  });

  it('is moved by their own rows, not by all that are due', async () => {
    expect(await rowsTouchedBy(deposits.database, await asked((transaction) => applyDue(transaction, chunk, '2026-11-24')))).toBeLessThan(
      20 * chunk.length,
    );
  });
});
