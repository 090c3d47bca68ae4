import type { Database } from '../../src/connectors/database.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import type { LateVerdict } from './tellLate.ts';
import type { TellUntold } from './tellUntold.ts';

/** Writes what became of claimed news. */
export interface LateRecordStore {
  /**
   * One statement writes all of a chunk, by their tokens: what was surely not posted may be claimed again, and what was parked
   * meanwhile, because its lease ran out, gets the end that it had. Repeatable.
   */
  readonly recordLate: (verdicts: readonly LateVerdict[]) => Promise<readonly Answer<'told'>[]>;
}

export interface LateRecordOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly tellUntold: TellUntold;
}

/** What becomes of its rows by each verdict; by `later` they go. */
const statusOf = { sent: 'SENT', refused: 'FAILED', later: null, unknown: 'PARKED' } as const;

/** The ends of news on a database. */
export function lateRecordStore(database: Database, { now, tellUntold }: LateRecordOptions): LateRecordStore {
  return {
    recordLate: async (verdicts) => {
      const values = [
        verdicts.map(({ token }) => token),
        verdicts.map(({ kind }) => statusOf[kind]),
        verdicts.map((verdict) => ('reason' in verdict ? verdict.reason : null)),
        now(),
      ];
      const rows = await database.query<{ readonly status: string }>({ text: record, values, name: 'remittance.recordLate' });
      tellUntold('unknown', rows.filter(({ status }) => status === 'PARKED').length);
      tellUntold('refused', rows.filter(({ status }) => status === 'FAILED').length);
      return verdicts.map(answerOf);
    },
  };
}

function answerOf({ kind }: LateVerdict): Answer<'told'> {
  switch (kind) {
    case 'sent':
      return 'told';
    case 'refused':
      return skip('refused');
    case 'later':
      return defer('told by a later run');
    case 'unknown':
      return defer('parked for a person');
  }
}

const record = `
  WITH said AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS said (token, status, reason)
  ), untold AS (
    DELETE FROM remittance.late_notice AS notice USING said
    WHERE notice.token = said.token AND said.status IS NULL AND notice.status IN ('SENDING', 'PARKED')
  )
  UPDATE remittance.late_notice AS notice SET status = said.status, reason = said.reason, lease_until = NULL, ended_at = $4
  FROM said WHERE notice.token = said.token AND said.status IS NOT NULL AND notice.status IN ('SENDING', 'PARKED')
  RETURNING notice.status`;
