import type { Database } from '../../src/connectors/database.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import { nextAskAt } from './dueStore.ts';
import type { NoticeVerdict } from './dueNotice.ts';
import type { TellPutAside } from './tellPutAside.ts';

/** Writes what became of claimed notices. */
export interface NoticeRecordStore {
  /**
   * One statement writes all of a chunk, each under its token: what another has claimed since is left alone, and what was parked
   * meanwhile, because its lease ran out, gets the end that it had. Repeatable.
   */
  readonly recordNotices: (verdicts: readonly NoticeVerdict[]) => Promise<readonly Answer<'sent'>[]>;
}

export interface NoticeRecordOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly tellPutAside: TellPutAside;
}

/** What becomes of a notice's row by each verdict. */
const statusOf = { sent: 'SENT', refused: 'FAILED', later: 'WAITING', untried: 'WAITING', unknown: 'PARKED' } as const;

/** The ends of notices on a database. */
export function noticeRecordStore(database: Database, { now, tellPutAside }: NoticeRecordOptions): NoticeRecordStore {
  return {
    recordNotices: async (verdicts) => {
      const values = [
        verdicts.map(({ noticeId }) => noticeId),
        verdicts.map(({ token }) => token),
        verdicts.map(({ kind }) => statusOf[kind]),
        verdicts.map((verdict) => ('response' in verdict ? verdict.response : null)),
        verdicts.map((verdict) => ('reason' in verdict ? verdict.reason : null)),
        verdicts.map(({ kind }) => (kind === 'untried' ? 0 : 1)),
        verdicts.map((verdict) => ('until' in verdict ? verdict.until : null)),
        now(),
      ];
      const rows = await database.query<{ status: string }>({ text: record, values, name: 'payments.recordNotices' });
      tellPutAside('unknown', rows.filter(({ status }) => status === 'PARKED').length);
      tellPutAside('refused', rows.filter(({ status }) => status === 'FAILED').length);
      return verdicts.map(answerOf);
    },
  };
}

function answerOf({ kind }: NoticeVerdict): Answer<'sent'> {
  switch (kind) {
    case 'sent':
      return 'sent';
    case 'refused':
      return skip('refused');
    case 'later':
    case 'untried':
      return defer('waits for its next try');
    case 'unknown':
      return defer('parked for a person');
  }
}

const record = `
  UPDATE payments.notice AS notice
  SET status = said.status, response = said.response, reason = said.reason, tries = notice.tries + said.tried, lease_until = NULL,
    token = CASE WHEN said.status <> 'WAITING' THEN notice.token END,
    ended_at = CASE WHEN said.status <> 'WAITING' THEN $8::timestamptz END,
    next_try_at = CASE WHEN said.until IS NULL THEN notice.next_try_at ELSE greatest(said.until, ${nextAskAt('$8', 'notice.tries')}) END
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::timestamptz[])
    AS said (id, token, status, response, reason, tried, until)
  WHERE notice.id = said.id AND notice.token = said.token AND notice.status IN ('SENDING', 'PARKED')
  RETURNING notice.status`;
