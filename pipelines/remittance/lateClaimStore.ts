import type { Database } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import type { DueNews, LateContent, LateRequest } from './late.ts';
import { isUntoldLate } from './lateStore.ts';
import { parkReasonOf } from './parkedFailures.ts';
import type { RequestState } from './requestState.ts';

/** Takes news of late requests for this process, just before they are posted. */
export interface LateClaimStore {
  /**
   * Claims, each piece of news under a token of its own, and reads what it says. What has its end or was told meanwhile is skipped. News
   * about all take the oldest ten thousand that were made before the time, each once. The claim holds for `leaseMs`, which is longer
   * than a post and the recording behind it may take.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  claimLate(news: readonly DueNews[], madeBefore: Date, leaseMs: number): Promise<readonly Answer<DueNews>[]>;
}

export interface LateClaimOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
}

/** Requests that one message is about at most: they are claimed by one statement. */
export const mostTogether = 10_000;

const taken = skip('has its end, or was told meanwhile');

/** Claims on a database. */
export function lateClaimStore(database: Database, { now, identifiers }: LateClaimOptions): LateClaimStore {
  const tokens = new WeakMap<DueNews, bigint>();
  const tokenOf = (news: DueNews): bigint => {
    const token = tokens.get(news) ?? identifiers.next();
    tokens.set(news, token);
    return token;
  };
  const claimOnes = async (news: readonly DueNews[], madeBefore: Date, leaseMs: number): Promise<ReadonlyMap<bigint, LateContent>> => {
    if (news.length === 0) return new Map();
    const values = [madeBefore, news.map(({ requestId }) => requestId), news.map(tokenOf), now(), leaseMs];
    const rows = await database.query<LateRow>({ text: claimOne, values, name: 'remittance.claimLate' });
    return new Map(rows.map((row) => [row.token, { kind: 'one', request: requestOf(row) }]));
  };
  const claimCrowd = async (news: DueNews, madeBefore: Date, leaseMs: number): Promise<LateContent | undefined> => {
    const values = [madeBefore, mostTogether, tokenOf(news), now(), leaseMs];
    const states = await database.query<CrowdRow>({ text: claimTogether, values, name: 'remittance.claimLateTogether' });
    const [first] = states;
    if (first === undefined) return undefined;
    const crowd = {
      states: states.map(({ state, count, amount_minor }) => ({ state, count: Number(count), amountMinor: BigInt(amount_minor) })),
      oldestAt: new Date(Math.min(...states.map(({ oldest_at }) => oldest_at.getTime()))),
    };
    return { kind: 'crowd', crowd };
  };
  return {
    claimLate: async (news, madeBefore, leaseMs) => {
      const ones = news.filter(({ requestId }) => requestId !== undefined);
      const contents = new Map(await claimOnes(ones, madeBefore, leaseMs));
      for (const crowd of news.filter(({ requestId }) => requestId === undefined)) {
        const content = await claimCrowd(crowd, madeBefore, leaseMs);
        if (content !== undefined) contents.set(tokenOf(crowd), content);
      }
      return news.map((each) => {
        const token = tokenOf(each);
        const content = contents.get(token);
        return content === undefined ? taken : { ...each, claimed: { token, content } };
      });
    },
  };
}

function requestOf(row: LateRow): LateRequest {
  const { id, state, call_kind: kind, call_status: status, asks, call_tries } = row;
  return {
    ...{ requestId: id, state, stateSince: row.state_since, requestedAt: row.requested_at, amountMinor: row.amount_minor },
    parkReason: row.park_reason ?? undefined,
    failCode: row.fail_code ?? undefined,
    failure:
      row.code === null ? undefined : { code: row.code, error: row.error, tries: row.tries, nextTryAt: row.next_try_at ?? undefined },
    call: kind === null ? undefined : { kind, status, asks, tries: call_tries },
  };
}

interface LateRow {
  readonly id: bigint;
  readonly token: bigint;
  readonly state: RequestState;
  readonly state_since: Date;
  readonly requested_at: Date;
  readonly amount_minor: bigint;
  readonly park_reason: string | null;
  readonly fail_code: string | null;
  /** Null where nothing has failed, like the three behind it. */
  readonly code: string | null;
  readonly error: string;
  readonly tries: number;
  readonly next_try_at: Date | null;
  /** Null where every call has ended, like the three behind it. */
  readonly call_kind: CallKind | null;
  readonly call_status: CallStatus;
  readonly asks: number;
  readonly call_tries: number;
}

interface CrowdRow {
  readonly state: RequestState;
  readonly count: bigint;
  /** The sum of big integers is numeric, which comes as text. */
  readonly amount_minor: string;
  readonly oldest_at: Date;
}

// What has the token already was claimed by this statement before, when its answer was lost.
const claimed = (chosen: string, tokenOf: string): string => `
  made AS (
    INSERT INTO remittance.late_notice (request_id, token, status, claimed_at, lease_until)
    SELECT id, token, 'SENDING', $4, clock_timestamp() + $5::float8 * interval '1 millisecond' FROM ${chosen} ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING request_id, token
  ), claimed AS (
    SELECT request_id, token FROM made UNION ALL SELECT request_id, token FROM remittance.late_notice AS notice
    WHERE notice.token ${tokenOf} AND notice.status = 'SENDING'
  )`;

const failuresOf = (table: string): string =>
  `SELECT code, error, tries, next_try_at, failed_at FROM remittance.${table} WHERE request_id = request.id AND ended_at IS NULL`;

const claimOne = `
  WITH late AS (
    SELECT request.id, asked.token FROM unnest($2::bigint[], $3::bigint[]) AS asked (id, token)
    JOIN remittance.biz_remittance_requests AS request ON request.id = asked.id WHERE ${isUntoldLate}
  ), ${claimed('late', '= ANY ($3::bigint[])')}
  SELECT request.id, token, state, state_since, requested_at, amount_minor, coalesce(request.park_reason, ${parkReasonOf('request.id')}) AS park_reason, fail_code,
    failure.code, failure.error, failure.tries, failure.next_try_at,
    call.kind AS call_kind, call.status AS call_status, call.asks, call.tries AS call_tries
  FROM claimed JOIN remittance.biz_remittance_requests AS request ON request.id = request_id
  LEFT JOIN LATERAL (
    SELECT * FROM (
      ${failuresOf('kcd_bank_account_deposit_failures')} UNION ALL ${failuresOf('kcd_bank_account_withdrawal_failures')}
      UNION ALL ${failuresOf('biz_remittance_request_failures')}
    ) AS failures ORDER BY failed_at DESC LIMIT 1
  ) AS failure ON true
  LEFT JOIN LATERAL (
    SELECT kind, status, asks, tries FROM remittance.bank_call
    WHERE request_id = request.id AND status IN ('READY', 'ASKED') ORDER BY id DESC LIMIT 1
  ) AS call ON true`;

const claimTogether = `
  WITH late AS (
    SELECT id, $3::bigint AS token FROM remittance.biz_remittance_requests AS request WHERE ${isUntoldLate} ORDER BY id LIMIT $2
  ), ${claimed('late', '= $3::bigint')}
  SELECT state, count(*), sum(amount_minor)::text AS amount_minor, min(requested_at) AS oldest_at
  FROM claimed JOIN remittance.biz_remittance_requests AS request ON request.id = request_id GROUP BY state ORDER BY state`;
