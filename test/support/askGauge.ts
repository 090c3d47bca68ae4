import type { Database } from '../../src/connectors/database.ts';
import { askAllGauges, type GaugeRow } from '../../src/runtime/gauges/askAllGauges.ts';
import type { GaugeQuestion } from '../../src/runtime/gauges/gaugeQuestion.ts';

/** What one question is answered as of a time; rejects where the database does not answer it. */
export async function askGauge(database: Database, now: () => Date, question: GaugeQuestion): Promise<readonly GaugeRow[]> {
  const answers = new Map<GaugeQuestion, readonly GaugeRow[]>();
  await askAllGauges(database, now)([question], (asked, rows) => void answers.set(asked, rows), new AbortController().signal);
  const rows = answers.get(question);
  if (rows === undefined) throw new Error(`Nobody told of ${question.metrics.join()}.`);
  return rows;
}
