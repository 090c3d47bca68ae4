import { deadLettersGroup, emailDeadLetters } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import type { Queryable } from '../../../src/connectors/database.ts';
import type { MonthToBill } from './aMonth.ts';

/** The dead letters of bills, and what the fail log made of them. */
export interface LoggedDeadLetters {
  readonly letters: number;
  /** Whether the group has been given all of them and has settled them. */
  readonly areSettled: boolean;
  /** What must never be, when all is settled: a letter without its row, a row without its letter, a refused bill without either. */
  readonly flaws: readonly string[];
}

/** Compares the dead letters with the fail log; both are read anew. Redis Streams writes a letter once; Kafka may write it again, which counts as one. */
export async function loggedDeadLetters({ database, bus, environment }: MonthToBill): Promise<LoggedDeadLetters> {
  const letters = await bus.deadLettersOf(emailTopic).page({ limit: 10_000 });
  const written = letters.map(({ readFrom }) => readFrom);
  const origins = environment['WEIR_BUS_KIND'] === 'kafka' ? [...new Set(written)] : written;
  return {
    letters: origins.length,
    areSettled: (await bus.oldestUnsettledAt(emailDeadLetters, { group: deadLettersGroup })) === undefined,
    flaws: await flawsOf(database, origins),
  };
}

async function flawsOf(database: Queryable, origins: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ origin: string | null }>('SELECT origin FROM billing.email_fail_log');
  const logged = rows.map(({ origin }) => origin ?? 'none');
  const unlogged = await database.query<{ id: bigint }>(`
    SELECT id FROM billing.billing_p AS bill WHERE send_status = 'FAILED'
      AND NOT EXISTS (SELECT FROM billing.email_fail_log WHERE billing_id = bill.id AND origin IS NOT NULL AND attempt_id IS NOT NULL)`);
  return [
    ...origins.filter((origin, at) => origins.indexOf(origin) !== at).map((origin) => `put aside twice: ${origin}`),
    ...origins.filter((origin) => !logged.includes(origin)).map((origin) => `not logged: ${origin}`),
    ...logged.filter((origin) => !origins.includes(origin)).map((origin) => `logged, and no dead letter: ${origin}`),
    ...unlogged.map(({ id }) => `refused, and its row lacks its dead letter: ${id}`),
  ];
}
