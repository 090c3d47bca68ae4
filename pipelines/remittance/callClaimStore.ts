import type { Database } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { DueCall } from './askedCall.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { isContradicted } from './contradictionStore.ts';

/** Takes calls of the bank for this process, just before they are made. */
export interface CallClaimStore {
  /**
   * READY or ASKED → ASKED, committed before anything is sent, for calls that are due: what has ended is skipped; what is not due, is
   * parked or of a request about which the bank contradicts itself, or was claimed within `leaseMs`, is deferred, since its row brings it
   * back. Of several messages of one call one gets it.
   * Two holders of one call do no harm, since both ask under its key; the lease spares the bank the second.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  readonly claim: (calls: readonly DueCall[], leaseMs: number) => Promise<readonly Answer<DueCall>[]>;
}

/** How far clocks of processes may be apart: a message that comes so much too soon is due. */
const toleranceMs = 1_000;

/** Claims on a database; `now` is calendar time. */
export function callClaimStore(database: Database, now: () => Date): CallClaimStore {
  const leases = new WeakMap<DueCall, Date>();
  return {
    claim: async (calls, leaseMs) => {
      const at = now();
      for (const call of calls) if (!leases.has(call)) leases.set(call, new Date(at.getTime() + leaseMs));
      const values = [calls.map(({ callId }) => callId), calls.map((call) => leases.get(call)), new Date(at.getTime() + toleranceMs)];
      const rows = await database.query<ClaimRow>({ text: claim, values, name: 'remittance.claimCalls' });
      const byId = new Map(rows.map((row) => [row.id, row]));
      const first = new Map(calls.toReversed().map((call) => [call.callId, call]));
      return calls.map((call) => answerOf(call, byId.get(call.callId), first.get(call.callId) === call));
    },
  };
}

function answerOf(call: DueCall, row: ClaimRow | undefined, isFirst: boolean): Answer<DueCall> {
  if (row === undefined) return dead(new WeirError('notFound', `There is no call ${call.callId} of the bank.`));
  if (row.status === 'DONE' || row.status === 'REFUSED') return skip('has ended');
  if (row.is_parked) return defer('parked for a person');
  if (!row.is_claimed || !isFirst) return defer('is not due, or claimed by another');
  const { idempotency_key: key, kind, account_number: accountNumber, amount_minor: amountMinor, tries, asks } = row;
  const order = { key, kind, accountNumber, amountMinor };
  return { ...call, claimed: { order, wasAsked: row.status === 'ASKED', tries, asks } };
}

interface ClaimRow {
  readonly id: bigint;
  /** As it was before. */
  readonly status: CallStatus;
  readonly is_parked: boolean;
  readonly is_claimed: boolean;
  readonly idempotency_key: string;
  readonly kind: CallKind;
  readonly account_number: string;
  readonly amount_minor: bigint;
  readonly tries: number;
  readonly asks: number;
}

// Locked in the order of their ids, each once, so that two claims never wait for each other crosswise.
const claim = `
  WITH asked AS (
    SELECT id, min(lease) AS lease FROM unnest($1::bigint[], $2::timestamptz[]) AS asked (id, lease) GROUP BY id
  ), held AS (
    SELECT call.*, asked.lease FROM asked JOIN remittance.bank_call AS call USING (id) ORDER BY call.id FOR NO KEY UPDATE OF call
  ), judged AS (
    SELECT held.*,
      EXISTS (SELECT FROM remittance.biz_remittance_request_failures WHERE call_id = held.id AND park_reason IS NOT NULL)
        OR ${isContradicted('held.request_id')} AS is_parked
    FROM held
  ), claimed AS (
    UPDATE remittance.bank_call AS call SET status = 'ASKED', next_ask_at = judged.lease
    FROM judged
    WHERE call.id = judged.id AND judged.ended_at IS NULL AND NOT judged.is_parked
      AND (judged.next_ask_at IS NULL OR judged.next_ask_at <= $3 OR judged.next_ask_at = judged.lease)
    RETURNING call.id
  )
  SELECT judged.id, judged.status, judged.is_parked, claimed.id IS NOT NULL AS is_claimed, judged.idempotency_key, judged.kind,
    account_number, amount_minor, tries, asks
  FROM judged JOIN remittance.biz_remittance_requests AS request ON request.id = request_id
  JOIN remittance.kcd_bank_accounts AS account
    ON account.id = CASE judged.kind WHEN 'PAY_OUT' THEN to_account_id ELSE from_account_id END
  LEFT JOIN claimed ON claimed.id = judged.id`;
