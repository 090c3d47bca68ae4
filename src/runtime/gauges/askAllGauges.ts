import type { Database } from '../../connectors/database.ts';
import type { GaugeQuestion } from './gaugeQuestion.ts';

/** A row of an answer: label values and numbers, by column name. */
export type GaugeRow = Readonly<Record<string, unknown>>;

/**
 * Asks questions, and hands each answer over as it comes; one that the database does not answer is left out. Asks nothing
 * more once the signal is aborted. Rejects never.
 */
export type AskAllGauges = (
  questions: readonly GaugeQuestion[],
  told: (question: GaugeQuestion, rows: readonly GaugeRow[]) => void,
  over: AbortSignal,
) => Promise<void>;

/** The server ends the statement of a gauge that takes longer, so that what a scrape no longer waits for does not pile up. */
const statementLimitMs = 500;

/** And all of them, when whoever asked has gone: a scrape waits a second. */
const timeLimitMs = 2_000;

/** Connections of the pool that a scrape holds for it, however many gauges there are. */
const connections = 2;

/**
 * Asks what gauges stand at, as of now. Each costs a round trip: those of one connection share a transaction. One that fails takes that with
 * it: those after it are asked in another.
 */
export function askAllGauges(database: Database, now: () => Date): AskAllGauges {
  return async (questions, told, over) => {
    const shares = Array.from({ length: connections }, (_, share) => questions.filter((_question, at) => at % connections === share));
    await Promise.all(shares.map(askShare));

    async function askShare(share: readonly GaugeQuestion[]): Promise<void> {
      let left = share;
      while (left.length > 0 && !over.aborted) {
        const answered = await askInOne(left);
        left = left.slice(answered + 1);
      }
    }

    /** Answers how many of the first were answered. */
    async function askInOne(asked: readonly GaugeQuestion[]): Promise<number> {
      let answered = 0;
      const work = database.withTransaction(
        async (transaction) => {
          answered = 0;
          for (const question of asked) {
            if (over.aborted) return;
            const rows = await transaction.query<GaugeRow>({ ...question.statement(now()), name: nameOf(question) });
            told(question, rows);
            answered += 1;
          }
        },
        { timeLimitMs, statementLimitMs },
      );
      await work.catch(() => undefined);
      return answered;
    }
  };
}

/** So that the server reads its text once for a connection. No metric has two questions. */
function nameOf({ metrics }: GaugeQuestion): string {
  return `weir-gauge-${metrics[0] ?? ''}`;
}
