import type { Database } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import type { DueNotice } from './dueNotice.ts';
import type { NoticeContent, NoticeKind, Sale } from './notice.ts';
import type { Method } from './payment.ts';

/** Takes notices for this process, just before they are sent. */
export interface NoticeClaimStore {
  /**
   * Claims notices in one statement, each under a token of its own, and reads what they say. What is not WAITING and due any more is
   * skipped. The claim holds for `leaseMs`, which is longer than a send and the recording behind it may take.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  readonly claim: (notices: readonly DueNotice[], leaseMs: number) => Promise<readonly Answer<DueNotice>[]>;
}

export interface NoticeClaimOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
}

/** Claims on a database. */
export function noticeClaimStore(database: Database, { now, identifiers }: NoticeClaimOptions): NoticeClaimStore {
  const tokens = new WeakMap<DueNotice, bigint>();
  const tokenOf = (notice: DueNotice): bigint => {
    const token = tokens.get(notice) ?? identifiers.next();
    tokens.set(notice, token);
    return token;
  };
  return {
    claim: async (notices, leaseMs) => {
      const values = [notices.map(({ noticeId }) => noticeId), notices.map(tokenOf), now(), leaseMs];
      const rows = await database.query<ClaimRow>({ text: claim, values, name: 'payments.claimNotices' });
      const claimed = new Map(rows.map((row) => [row.id, row]));
      return notices.map((notice) => {
        const row = claimed.get(notice.noticeId);
        return row === undefined ? skip('was taken meanwhile') : { ...notice, claimed: { token: row.token, content: contentOf(row) } };
      });
    },
  };
}

function contentOf(row: ClaimRow): NoticeContent {
  const sale: Sale = {
    orderId: row.order_id,
    paymentId: row.payment_id,
    amountMinor: row.amount_minor,
    method: row.method,
    items: (row.items ?? []).map(({ name, quantity }) => ({ name, quantity: BigInt(quantity) })),
  };
  switch (row.kind) {
    case 'CONFIRMATION':
      return { kind: row.kind, sale, encryptedEmail: row.buyer_email };
    case 'SALE':
      return { kind: row.kind, sale };
    case 'LOW_STOCK': {
      const { product_id: productId, stock, threshold } = row;
      return { kind: row.kind, product: row.product_name, lowStock: { productId, stock, threshold } };
    }
  }
}

interface ClaimRow {
  readonly id: bigint;
  readonly token: bigint;
  readonly kind: NoticeKind;
  readonly payment_id: bigint;
  readonly order_id: bigint;
  readonly amount_minor: bigint;
  readonly method: Method;
  readonly buyer_email: string;
  readonly items: readonly { readonly name: string; readonly quantity: string }[] | null;
  /** Null unless it is of low stock, like the three behind it. */
  readonly product_name: string;
  readonly product_id: bigint;
  readonly stock: bigint;
  readonly threshold: bigint;
}

// What has the asked token already was claimed by this statement before, when its answer was lost. All are locked in the order of their
// ids, and one that was waited for is judged as it is then.
const claim = `
  WITH held AS (
    SELECT notice.id, asked.token
    FROM unnest($1::bigint[], $2::bigint[]) AS asked (id, token) JOIN payments.notice ON notice.id = asked.id
    WHERE notice.status = 'WAITING' AND notice.next_try_at <= $3 OR notice.status = 'SENDING' AND notice.token = asked.token
    ORDER BY notice.id FOR UPDATE OF notice
  ), claimed AS (
    UPDATE payments.notice AS notice
    SET status = 'SENDING', token = held.token, lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
    FROM held WHERE notice.id = held.id
    RETURNING notice.id, notice.token, notice.kind, notice.payment_id, notice.product_id, notice.stock, notice.threshold
  )
  SELECT claimed.*, payment.order_id, payment.amount_minor, payment.method, orders.buyer_email, product.name AS product_name,
    (SELECT jsonb_agg(jsonb_build_object('name', sold.name, 'quantity', quantity::text) ORDER BY sold.id)
      FROM payments.order_item JOIN payments.product AS sold ON sold.id = order_item.product_id
      WHERE order_item.order_id = payment.order_id) AS items
  FROM claimed JOIN payments.payment ON payment.id = claimed.payment_id JOIN payments.orders ON orders.id = payment.order_id
  LEFT JOIN payments.product ON product.id = claimed.product_id`;
