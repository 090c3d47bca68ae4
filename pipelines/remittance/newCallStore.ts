import type { Queryable } from '../../src/connectors/database.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import { callKeyOf, type NewBankCall } from './bankCall.ts';
import { dueCallMessage } from './remittanceMessages.ts';

/** Makes calls of banks. */
export interface NewCallStore {
  /**
   * Within the transaction that permits them: their rows, READY and due, and their messages. A request that has a call of the kind which
   * is not refused fails the transaction, by the unique index.
   */
  insert(transaction: Queryable, calls: readonly NewBankCall[]): Promise<void>;
}

export interface NewCallStoreOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The statements of new calls. */
export function newCallStore({ outbox, now }: NewCallStoreOptions): NewCallStore {
  return {
    insert: async (transaction, calls) => {
      if (calls.length === 0) return;
      const at = now();
      const values = [
        calls.map(({ callId }) => callId),
        calls.map(({ requestId }) => requestId),
        calls.map(({ kind }) => kind),
        calls.map(({ seq }) => seq),
        calls.map(callKeyOf),
        at,
      ];
      await transaction.execute({ text: insertCalls, values, name: 'remittance.insertCalls' });
      await outbox.insert(
        transaction,
        calls.map((call) => dueCallMessage(call, at)),
      );
    },
  };
}

const insertCalls = `
  INSERT INTO remittance.bank_call (id, request_id, kind, seq, idempotency_key, made_at, next_ask_at)
  SELECT *, $6::timestamptz, $6::timestamptz
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::integer[], $5::text[])`;
