import { processOptions } from '../../config/schema.ts';
import { periodStore } from '../../pipelines/billing/periodStore.ts';
import { settle } from '../../pipelines/billing/settle.job.ts';
import { settleStore } from '../../pipelines/billing/settleStore.ts';
import { createIdentifiers } from '../../pipelines/shared/identifiers.ts';
import { jobSettingsOf } from '../../src/commandLine/jobSettings.ts';
import { openDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runJob } from '../../src/runtime/jobs/runJob.ts';
import { benchLog, benchMetrics } from '../chainParts.ts';
import { billingMonth } from './months.ts';

/** Runs the job `billing.settle` for the month as `weir run --job` does, every option at its default: from planning to the check of its result. */
export async function runSettle(url: string): Promise<void> {
  const database = openDatabase({ url, clock: realClock, statementLimitMs: 30_000, answerLimitMs: 35_000 });
  const identifiers = createIdentifiers({ now: () => realClock.now(), random: () => realClock.random(), node: 1 });
  const options = { jobs: processOptions.jobs.parse(undefined), runtime: processOptions.runtime.parse(undefined) };
  const never = new AbortController().signal;
  try {
    const end = await runJob({
      job: settle,
      ports: { settlement: settleStore(database, identifiers), periods: periodStore(database), clock: realClock },
      options: settle.options.parse({}),
      key: billingMonth,
      database,
      clock: realClock,
      meter: benchMetrics.meterOf(settle.name),
      log: benchLog,
      holder: 'bench',
      settings: jobSettingsOf(options),
      parts: new Set(),
      draining: never,
      signal: never,
    });
    if (end.how === 'failed') throw new Error(`The run failed with ${end.failure.code}: ${end.failure.text}`);
    if (end.how === 'stopped') throw new Error('The run was stopped.');
  } finally {
    await database.close();
  }
}
