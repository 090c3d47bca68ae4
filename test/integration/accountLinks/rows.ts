import type { LinkStatus } from '../../../pipelines/accountLinks/link.ts';
import type { Database } from '../../../src/connectors/database.ts';

export interface LinkRow {
  readonly account: string;
  readonly partner: string;
  readonly status: LinkStatus;
  readonly request: string;
  readonly failCode: string | null;
  readonly seq: number;
}

export interface FailureRow {
  readonly request: string;
  readonly kind: string;
  readonly code: string;
  readonly tries: number;
  readonly standing: 'waits' | 'parked' | 'ended';
}

/** Every link, by account and partner. */
export function linksIn(database: Pick<Database, 'query'>): Promise<readonly LinkRow[]> {
  return database.query<LinkRow>(`
    SELECT account_id AS account, partner, status, request_id AS request, fail_code AS "failCode", seq
    FROM account_links.account_link ORDER BY account_id, partner`);
}

/** Every failure, by request. */
export function failuresIn(database: Pick<Database, 'query'>): Promise<readonly FailureRow[]> {
  return database.query<FailureRow>(`
    SELECT request_id AS request, kind, code, tries,
      CASE WHEN next_try_at IS NOT NULL THEN 'waits' WHEN park_reason IS NOT NULL THEN 'parked' ELSE 'ended' END AS standing
    FROM account_links.account_link_failures ORDER BY request_id, kind DESC`);
}
