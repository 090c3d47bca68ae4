import type { Database } from '../../connectors/database.ts';
import type { Sink } from '../../connectors/sink.ts';
import { deleteRows, oldestRows, takeLane, type Lane } from './laneStore.ts';

/** What became of a lane's turn. */
export interface LaneTurn {
  /** False while another relay has the lane. */
  readonly isOurs: boolean;
  readonly published: number;
  /** Whether the lane holds nothing more that could be seen. */
  readonly isEmpty: boolean;
}

const left: LaneTurn = { isOurs: false, published: 0, isEmpty: false };

/** Ends the transaction on the server: so long a lane stays with a relay that gives no sign at most, in milliseconds. */
const timeLimitMs = 20_000;

/**
 * Publishes the oldest rows of a lane whose time has come: take, publish, delete, commit, in one transaction. Whatever ends it before it has committed
 * leaves the rows, and they are published again.
 *
 * Rows of one key are in one lane, and only one relay is at a lane; so they are first published in the order of their ids, also where
 * a relay that was taken for dead still writes: what it writes is the head of the lane as well. The lock is on the lane and not on the
 * rows, since passing over a row that somebody else has locked would publish a later one of its key before it.
 */
export async function relayLane(database: Database, sink: Sink, lane: Lane, now: Date): Promise<LaneTurn> {
  return database.withTransaction(
    async (transaction) => {
      if (!(await takeLane(transaction, lane))) return left;
      // A statement of its own, which sees what the relay before has committed.
      const { rows, isAll } = await oldestRows(transaction, lane, now);
      if (rows.length > 0) {
        await sink.write(rows);
        await deleteRows(transaction, lane, rows);
      }
      return { isOurs: true, published: rows.length, isEmpty: isAll };
    },
    { timeLimitMs },
  );
}
