import type { Database, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { DueRefund, RefundReport, Unanswered } from './askGateway.ts';
import { nextAskAt } from './dueStore.ts';

/** What became of a refund in one run. */
export type RefundEnd = 'done' | 'accepted' | 'parked';

/**
 * The rows of refunds: REQUESTED → SENT → DONE | PARKED. SENT is committed before the gateway is asked, so that what was perhaps asked
 * for is found out before it is asked for again; each is always asked for under its own key, so that it is given back once.
 */
export interface RefundStore {
  /** Before the gateway is asked. A refund that has ended meanwhile is skipped. */
  readonly markSent: (transaction: Transaction, refunds: readonly DueRefund[]) => Promise<readonly Answer<DueRefund>[]>;
  /** Writes what the gateway said. What it refuses is parked for a person; what it has not done yet is asked about later. */
  readonly record: (reports: readonly (RefundReport | Unanswered)[]) => Promise<readonly Answer<RefundEnd>[]>;
}

/** The statements of refunds on a database. */
export function refundStore(database: Database, now: () => Date): RefundStore {
  return {
    markSent: async (transaction, refunds) => {
      const statement = { text: markSent, values: [refunds.map(({ refundId }) => refundId)], name: 'payments.markRefunds' };
      const sent = new Set((await transaction.query<IdRow>(statement)).map(({ id }) => id));
      return refunds.map((refund) => (sent.has(refund.refundId) ? refund : skip('has ended')));
    },
    record: async (reports) => {
      const known = reports.filter((report) => report.kind === 'refund');
      if (known.length > 0) {
        const values = [
          known.map(({ refundId }) => refundId),
          known.map((report) => statusOf(report)),
          known.map(({ answer }) => (answer.kind === 'refused' ? answer.why : null)),
          now(),
        ];
        await database.execute({ text: record, values, name: 'payments.recordRefunds' });
      }
      return reports.map((report) => (report.kind === 'refund' ? endOf(report) : skip('the gateway did not answer')));
    },
  };
}

function endOf({ answer }: RefundReport): Answer<RefundEnd> {
  switch (answer.kind) {
    case 'done':
      return 'done';
    case 'refused':
      return 'parked';
    case 'accepted':
    case 'notFound':
      return 'accepted';
  }
}

function statusOf(report: RefundReport): string {
  const end = endOf(report);
  return end === 'done' ? 'DONE' : end === 'parked' ? 'PARKED' : 'SENT';
}

interface IdRow {
  readonly id: bigint;
}

const markSent = `
  UPDATE payments.refund SET status = 'SENT' WHERE id = ANY ($1::bigint[]) AND status IN ('REQUESTED', 'SENT') RETURNING id`;

const record = `
  UPDATE payments.refund AS refund
  SET status = said.status, park_reason = said.park_reason, asks = refund.asks + 1,
    ended_at = CASE WHEN said.status <> 'SENT' THEN $4::timestamptz END,
    next_ask_at = ${nextAskAt('$4', 'refund.asks')}
  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS said (id, status, park_reason)
  WHERE refund.id = said.id AND refund.status = 'SENT'`;
