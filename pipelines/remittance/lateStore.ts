import type { Database } from '../../src/connectors/database.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import type { DueNews } from './late.ts';
import type { TellUntold } from './tellUntold.ts';

/** A page of late requests, in ascending order of their numbers. */
export interface LatePage {
  /** Exclusive lower bound; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Which requests people are to be told of. */
export interface LateStore {
  /** Parks news whose lease ran out: they may have been posted. Somebody who is just recording what became of them goes first. */
  parkLeft(): Promise<void>;
  /** How many requests were made before a time, have no end, and nobody was told of; counted up to a number. */
  countLate(madeBefore: Date, most: number): Promise<number>;
  /** One piece of news each. */
  pageLate(madeBefore: Date, page: LatePage): Promise<readonly DueNews[]>;
}

export interface LateStoreOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly tellUntold: TellUntold;
}

/** The questions about late requests on a database. */
export function lateStore(database: Database, { now, tellUntold }: LateStoreOptions): LateStore {
  return {
    parkLeft: async () => {
      const rows = await database.query({ text: parkLeft, values: [now()], name: 'remittance.parkLate' });
      tellUntold('leaseRanOut', rows.length);
    },
    countLate: async (madeBefore, most) => {
      const statement = { text: countLate, values: [madeBefore, most], name: 'remittance.countLate' };
      const [row] = await database.query<{ readonly count: bigint }>(statement);
      return Number(row?.count ?? 0n);
    },
    pageLate: async (madeBefore, { after, limit }) => {
      const statement = { text: pageLate, values: [madeBefore, after ?? '0', limit], name: 'remittance.pageLate' };
      const rows = await database.query<{ readonly id: bigint }>(statement);
      return rows.map(({ id }) => ({ requestId: id, claimed: undefined }));
    },
  };
}

/** Condition on `request`: it was made before `$1`, has no end, and nobody was told of it. */
export const isUntoldLate = `${isOpenRequest('request.state')} AND request.requested_at <= $1
    AND NOT EXISTS (SELECT FROM remittance.late_notice WHERE request_id = request.id)`;

const parkLeft = `
  UPDATE remittance.late_notice SET status = 'PARKED', lease_until = NULL, ended_at = $1, reason = 'the lease ran out'
  WHERE request_id IN (
    SELECT request_id FROM remittance.late_notice
    WHERE status = 'SENDING' AND lease_until < clock_timestamp() ORDER BY request_id FOR UPDATE SKIP LOCKED
  ) RETURNING request_id`;

const countLate = `
  SELECT count(*) FROM (SELECT FROM remittance.biz_remittance_requests AS request WHERE ${isUntoldLate} LIMIT $2) AS counted`;

const pageLate = `
  SELECT id FROM remittance.biz_remittance_requests AS request WHERE ${isUntoldLate} AND id > $2::bigint ORDER BY id LIMIT $3`;
