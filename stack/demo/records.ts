import type { Queryable } from '../../src/connectors/database.ts';

/** What the tables of runs, schedules, sends and failures say at the end. */
export interface Records {
  readonly jobs: readonly {
    readonly job: string;
    readonly runs: number;
    readonly completed: number;
    readonly read: number;
    readonly skipped: number;
  }[];
  readonly schedules: readonly { readonly schedule: string; readonly started: number; readonly skipped: number; readonly missed: number }[];
  readonly deadLetters: readonly { readonly code: string; readonly parsed: string; readonly letters: number; readonly example: string }[];
  /** Bills that a mail server has refused, whatever became of them later. */
  readonly refused: number;
  /** Members whose bill was mailed for sure. */
  readonly completedByMail: readonly bigint[];
  /** Members whose bill was mailed, or may have been. */
  readonly perhapsMailed: ReadonlySet<bigint>;
  /** Members whose unknown bill a person has sent again. */
  readonly resent: ReadonlySet<bigint>;
}

/** Reads them. */
export async function readRecords(database: Queryable): Promise<Records> {
  const members = await database.query<{ member: bigint; completed: boolean; perhaps: boolean; resent: boolean }>(sends);
  const of = (which: 'completed' | 'perhaps' | 'resent'): readonly bigint[] =>
    members.filter((row) => row[which]).map(({ member }) => member);
  const [counted] = await database.query<{ refused: number }>(
    `SELECT count(*)::int AS refused FROM billing.send_attempt WHERE result = 'REFUSED' AND channel = 'EMAIL'`,
  );
  return {
    jobs: await database.query(runs),
    schedules: await database.query(fires),
    deadLetters: await database.query(failures),
    refused: counted?.refused ?? 0,
    completedByMail: of('completed'),
    perhapsMailed: new Set(of('perhaps')),
    resent: new Set(of('resent')),
  };
}

const runs = `
  SELECT job, count(*)::int AS runs, (count(*) FILTER (WHERE status = 'COMPLETED'))::int AS completed,
    coalesce(sum(rows_read), 0)::int AS read, coalesce(sum(rows_skipped), 0)::int AS skipped
  FROM weir.job_run CROSS JOIN LATERAL (
    SELECT sum(rows_read) AS rows_read, sum(rows_skipped) AS rows_skipped FROM weir.job_partition WHERE run_id = job_run.id
  ) AS partitions
  GROUP BY job ORDER BY min(job_run.id)`;

const fires = `
  SELECT schedule, (count(*) FILTER (WHERE state = 'STARTED'))::int AS started, (count(*) FILTER (WHERE state = 'SKIPPED'))::int AS skipped,
    (count(*) FILTER (WHERE state = 'MISSED'))::int AS missed
  FROM weir.schedule_fire GROUP BY schedule ORDER BY schedule`;

const failures = `
  SELECT code, parse_status AS parsed, count(*)::int AS letters, min(error) AS example
  FROM billing.email_fail_log WHERE origin IS NOT NULL GROUP BY code, parse_status ORDER BY letters DESC, code`;

const sends = `
  SELECT public_info_id AS member, send_status = 'COMPLETED' AND sent_channel = 'EMAIL' AS completed,
    bool_or(coalesce(result IN ('SENT', 'UNKNOWN'), false)) AS perhaps,
    bool_or(result = 'UNKNOWN') AND bool_or(is_forced) AS resent
  FROM billing.billing_p JOIN billing.send_attempt ON billing_id = billing_p.id
  GROUP BY 1, 2`;
