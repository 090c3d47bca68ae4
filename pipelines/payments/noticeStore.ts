import type { Database } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import { createInbox } from '../../src/runtime/outbox/inbox.ts';
import type { DuePage } from './dueStore.ts';
import type { DueNotice } from './dueNotice.ts';
import { channelOf, type Channel, type NewNotices } from './notice.ts';
import { eventIdOf } from './succeededPayment.ts';
import type { TellPutAside } from './tellPutAside.ts';

/** How many notices are due, by channel. */
export interface ChannelCount {
  readonly channel: Channel;
  readonly count: number;
}

/** The rows of notices: how they begin, and which of them are due. */
export interface NoticeStore {
  /** Makes the notices of events, all of a chunk in one transaction. An event that comes again, or twice in a chunk, makes none. */
  readonly openNotices: (events: readonly NewNotices[]) => Promise<readonly Answer<'opened'>[]>;
  /** Parks notices whose lease ran out: they may have been sent. Somebody who is just recording what became of one goes first. */
  parkLeft(): Promise<void>;
  countDue(asOf: Date): Promise<readonly ChannelCount[]>;
  /** In the order in which they were made. */
  pageDue(channel: Channel, asOf: Date, page: DuePage): Promise<readonly DueNotice[]>;
}

export interface NoticeStoreOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly tellPutAside: TellPutAside;
}

const inbox = createInbox('payments');
const consumer = 'payments.notify';

/** Notices on a database. */
export function noticeStore(database: Database, { now, tellPutAside }: NoticeStoreOptions): NoticeStore {
  return {
    openNotices: (events) =>
      database.withTransaction(async (transaction) => {
        const ids = events.map(({ event }) => eventIdOf(event));
        const untold = new Set(await inbox.newOf(transaction, consumer, ids));
        const isNew = ids.map((id) => untold.delete(id));
        const notices = events.flatMap((each, at) => (isNew[at] === true ? each.notices : []));
        if (notices.length > 0) {
          const values = [
            notices.map(({ paymentId }) => paymentId),
            notices.map(({ kind }) => kind),
            notices.map(({ lowStock }) => lowStock?.productId ?? null),
            notices.map(({ lowStock }) => lowStock?.stock ?? null),
            notices.map(({ lowStock }) => lowStock?.threshold ?? null),
            notices.map(({ skipReason }) => skipReason ?? null),
            now(),
          ];
          await transaction.execute({ text: insertNotices, values, name: 'payments.insertNotices' });
        }
        return isNew.map((isFirst) => (isFirst ? 'opened' : skip('came before')));
      }),
    parkLeft: async () => {
      tellPutAside('leaseRanOut', await database.execute({ text: parkLeft, values: [now()], name: 'payments.parkNotices' }));
    },
    countDue: async (asOf) => {
      const rows = await database.query<{ kind: keyof typeof channelOf; count: bigint }>({ text: countDue, values: [asOf] });
      const counts = Map.groupBy(rows, ({ kind }) => channelOf[kind]);
      return [...counts].map(([channel, kinds]) => ({ channel, count: kinds.reduce((total, { count }) => total + Number(count), 0) }));
    },
    pageDue: async (channel, asOf, { after, limit }) => {
      const values = [kindsOf(channel), asOf, after ?? '0', limit];
      const rows = await database.query<{ id: bigint }>({ text: pageDue, values, name: 'payments.pageNotices' });
      return rows.map(({ id }) => ({ noticeId: id, channel, claimed: undefined }));
    },
  };
}

function kindsOf(channel: Channel): readonly string[] {
  return Object.entries(channelOf).flatMap(([kind, of]) => (of === channel ? [kind] : []));
}

// What stands already stays as it is: an event may come again long after the inbox has forgotten it.
const insertNotices = `
  INSERT INTO payments.notice (payment_id, kind, product_id, stock, threshold, reason, status, ended_at, created_at, next_try_at)
  SELECT payment_id, kind, product_id, stock, threshold, reason, CASE WHEN reason IS NULL THEN 'WAITING' ELSE 'SKIPPED' END,
    CASE WHEN reason IS NOT NULL THEN $7::timestamptz END, $7::timestamptz, $7::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
    AS made (payment_id, kind, product_id, stock, threshold, reason)
  ON CONFLICT DO NOTHING`;

const parkLeft = `
  UPDATE payments.notice SET status = 'PARKED', lease_until = NULL, ended_at = $1, reason = 'the lease ran out'
  WHERE id IN (
    SELECT id FROM payments.notice WHERE status = 'SENDING' AND lease_until < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED
  )`;

const countDue = `
  SELECT kind, count(*) FROM payments.notice WHERE status = 'WAITING' AND next_try_at <= $1 GROUP BY kind ORDER BY kind`;

const pageDue = `
  SELECT id FROM payments.notice
  WHERE status = 'WAITING' AND kind = ANY ($1::text[]) AND next_try_at <= $2 AND id > $3::bigint ORDER BY id LIMIT $4`;
