import type { Database } from '../../connectors/database.ts';
import type { GaugeQuestion } from './gaugeQuestion.ts';

/** A row of an answer: label values and numbers, by column name. */
export type GaugeRow = Readonly<Record<string, unknown>>;

/** The server ends the statement of a gauge that takes longer, so that what a scrape no longer waits for does not pile up. */
const timeLimitMs = 500;

/** Asks what gauges stand at, as of now. */
export function askGauges(database: Database, now: () => Date): (question: GaugeQuestion) => Promise<readonly GaugeRow[]> {
  return ({ statement }) => database.withTransaction((transaction) => transaction.query<GaugeRow>(statement(now())), { timeLimitMs });
}
