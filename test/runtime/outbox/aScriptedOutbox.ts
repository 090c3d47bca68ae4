import type { Database, Statement, Transaction } from '../../../src/connectors/database.ts';

/** A database that holds one lane of an outbox, for what relays do with time: it answers their statements and nothing else. */
export interface AScriptedOutbox {
  readonly database: Database;
  /** Values that wait. */
  readonly rows: string[];
  /** Called before each transaction; what it throws fails it. */
  before: () => void;
  /** How often it was asked which lanes hold rows. */
  looks(): number;
  wake(schema: string): void;
}

export function aScriptedOutbox(): AScriptedOutbox {
  const rows: string[] = [];
  const wakers = new Set<(schema: string) => void>();
  let looks = 0;
  const answer = (statement: Statement | string): readonly object[] => {
    const { text } = statement as Statement;
    if (text.includes('generate_series')) {
      looks += 1;
      return rows.length === 0 ? [] : [{ number: 0 }];
    }
    if (text.includes('pg_try_advisory_xact_lock')) return [{ taken: true }];
    return rows.map((value, at) => ({ id: BigInt(at), key: 'k', headers: {}, value: Buffer.from(value), seen: BigInt(rows.length) }));
  };
  const transaction: Transaction = {
    query: <R extends object>(statement: Statement | string) => Promise.resolve(answer(statement) as readonly R[]),
    execute: () => Promise.resolve(rows.splice(0, Infinity).length),
    copyIn: () => Promise.resolve(0),
    stream: () => Promise.resolve(),
  };
  const scripted: AScriptedOutbox = {
    rows,
    before: () => undefined,
    looks: () => looks,
    wake: (schema) => {
      for (const waker of wakers) waker(schema);
    },
    database: {
      ...transaction,
      withTransaction: async (work) => {
        scripted.before();
        return work(transaction);
      },
      listen: (_channel, wake) => {
        wakers.add(wake);
        return () => wakers.delete(wake);
      },
      close: () => Promise.resolve(),
    },
  };
  return scripted;
}
