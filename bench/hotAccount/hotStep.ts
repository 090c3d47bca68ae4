import type { Client } from 'pg';
import type { SettleStore } from '../../pipelines/remittance/settleStore.ts';
import type { WithdrawStore } from '../../pipelines/remittance/withdrawStore.ts';
import type { NamedRow } from '../../pipelines/remittance/namedRow.ts';
import type { TryOptions } from '../../pipelines/remittance/nextTry.ts';
import type { Database } from '../../src/connectors/database.ts';

/** What books, as the daemon opens it. */
export interface Booking {
  readonly settlements: SettleStore;
  readonly withdrawals: WithdrawStore;
}

/** The time of whatever is booked, so that all contestants write the same. */
export const bookedAt = new Date('2026-11-01T03:00:00Z');

/** A transaction of a remittance that changes the pooled account, in the three ways that are measured. */
export interface HotStep {
  /** Brings the books to where so many requests, 1 to `count`, wait for it. */
  readonly fill: (database: Database, count: number) => Promise<void>;
  /** A chunk, as its pipeline hands it over. */
  readonly book: (booking: Booking, chunk: readonly NamedRow[], tries: TryOptions) => Promise<unknown>;
  /** One request in a transaction of its own, a statement for each thing that is written. */
  readonly bookOne: (client: Client, requestId: number) => Promise<void>;
  /** Requests 1 to `upTo` by a statement for each table, all in one transaction: what PostgreSQL itself can do. */
  readonly bookInSql: (database: Database, upTo: number) => Promise<void>;
}
