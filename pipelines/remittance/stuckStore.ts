import type { Database, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox, OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import { againAfterMs, lostAfterMs } from './lostAfter.ts';
import { depositedMessage, dueCallMessage, endedCallMessage } from './remittanceMessages.ts';
import { stuckText, type StuckStep } from './stuckText.ts';

/** Something that waits for its step: its failure says that it is time, or nobody has worked on it since its message counts as lost. */
export interface Stuck {
  readonly step: StuckStep;
  /** Of the request; where a call waits, of the call. */
  readonly id: bigint;
}

/** A page of what is stuck, in ascending order of ids. */
export interface StuckPage {
  /** Exclusive lower bound; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** What waits for a step, and its messages. */
export interface StuckStore {
  count(step: StuckStep, asOf: Date): Promise<number>;
  page(step: StuckStep, asOf: Date, page: StuckPage): Promise<readonly Stuck[]>;
  /**
   * Publishes messages again and says in the tables of failures when they come again, should they be lost too: what had no row gets one.
   * What somebody works on just now, or has, is skipped.
   */
  readonly publishAgain: (transaction: Transaction, stuck: readonly Stuck[]) => Promise<readonly Answer<Stuck>[]>;
}

export interface StuckStoreOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The questions about what is stuck, on a database. */
export function stuckStore(database: Database, { outbox, now }: StuckStoreOptions): StuckStore {
  return {
    count: async (step, asOf) => {
      const values = [asOf, lostBefore(asOf)];
      const [row] = await database.query<{ readonly count: bigint }>({
        text: `SELECT count(*) FROM (${stuckText[step].due}) AS due`,
        values,
      });
      return Number(row?.count ?? 0n);
    },
    page: async (step, asOf, { after, limit }) => {
      const text = `SELECT id FROM (${stuckText[step].due}) AS due WHERE id > $3::bigint ORDER BY id LIMIT $4`;
      const rows = await database.query<{ readonly id: bigint }>({ text, values: [asOf, lostBefore(asOf), after ?? '0', limit] });
      return rows.map(({ id }) => ({ step, id }));
    },
    publishAgain: async (transaction, stuck) => {
      const at = now();
      const [first] = stuck;
      if (first === undefined) return [];
      const { step } = first; // a run publishes those of one step
      const values = [stuck.map(({ id }) => id), at, new Date(at.getTime() + againAfterMs)];
      const pushed = await transaction.query<PushedRow>({ text: stuckText[step].push, values, name: `remittance.push.${step}` });
      await outbox.insert(
        transaction,
        pushed.map((row) => messageOf(step, row, at)),
      );
      const ids = new Set(pushed.map(({ id }) => id));
      return stuck.map((one) => (ids.has(one.id) ? one : skip('was worked on meanwhile')));
    },
  };
}

function lostBefore(asOf: Date): Date {
  return new Date(asOf.getTime() - lostAfterMs);
}

interface PushedRow {
  readonly id: bigint;
  readonly request_id: bigint;
  readonly has_ended: boolean;
}

function messageOf(step: StuckStep, { id, request_id, has_ended }: PushedRow, at: Date): OutboxMessage {
  if (step === 'withdrawal') return depositedMessage(id);
  return has_ended ? endedCallMessage({ callId: id, requestId: request_id }) : dueCallMessage({ callId: id }, at);
}
