import { beforeAll, describe, expect, it } from 'vitest';
import { applyDue, readProjections } from '../../../pipelines/deposits/balanceStore.ts';
import type { Statement, Transaction } from '../../../src/connectors/database.ts';
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

/** The statement that a store asks. */
async function asked(ask: (transaction: Transaction) => Promise<unknown>): Promise<Statement> {
  const statements: Statement[] = [];
  const record = (statement: string | Statement): void => {
    statements.push(typeof statement === 'string' ? { text: statement } : statement);
  };
  await ask({
    query: (statement: string | Statement) => {
      record(statement);
      return Promise.resolve([]);
    },
    execute: (statement: string | Statement) => {
      record(statement);
      return Promise.resolve(0);
    },
  } as unknown as Transaction);
  return statements[0] ?? { text: '' };
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** How many rows all nodes of a plan have given or thrown away. */
function touched(plan: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, part) => sum + touched(part), own);
}

async function rowsTouchedBy({ text, values }: Statement): Promise<number> {
  const [row] = await deposits.database.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>({
    text: `EXPLAIN (ANALYZE, TIMING off, FORMAT json) ${text}`,
    values: values ?? [],
  });
  const [explained] = row?.['QUERY PLAN'] ?? [];
  return explained === undefined ? Number.NaN : touched(explained.Plan);
}

describe('a chunk of users whose trades the statistics do not know of', () => {
  it('is read by their own rows, not by all that wait', async () => {
    expect(await rowsTouchedBy(await asked((transaction) => readProjections(transaction, chunk)))).toBeLessThan(20 * chunk.length);
  });

  it('is moved by their own rows, not by all that are due', async () => {
    expect(await rowsTouchedBy(await asked((transaction) => applyDue(transaction, chunk, '2026-11-24')))).toBeLessThan(20 * chunk.length);
  });
});
