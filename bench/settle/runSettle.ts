import { periodStore } from '../../pipelines/billing/periodStore.ts';
import { settle } from '../../pipelines/billing/settle.job.ts';
import { settleStore } from '../../pipelines/billing/settleStore.ts';
import { createIdentifiers } from '../../pipelines/shared/identifiers.ts';
import { openDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runWholeJob } from '../runWholeJob.ts';
import { billingMonth } from './months.ts';

/** Runs the job `billing.settle` for the month. */
export async function runSettle(url: string): Promise<void> {
  const database = openDatabase({ url, clock: realClock, statementLimitMs: 30_000, answerLimitMs: 35_000 });
  const identifiers = createIdentifiers({ now: () => realClock.now(), random: () => realClock.random(), node: 1 });
  try {
    const ports = { settlement: settleStore(database, identifiers), periods: periodStore(database), clock: realClock };
    await runWholeJob(settle, ports, billingMonth, database);
  } finally {
    await database.close();
  }
}
