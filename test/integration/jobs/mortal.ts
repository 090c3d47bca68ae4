import type { Database, Transaction } from '../../../src/connectors/database.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';

/** Where a process is when it dies. */
export type Moment = 'statement' | 'beforeCommit' | 'afterCommit';

/** What a process has of the world, and what may happen to it. */
export interface Mortal {
  readonly database: Database;
  readonly clock: Clock;
  readonly isDead: () => boolean;
  /** Ends it as SIGKILL does: open transactions are rolled back, nothing more happens, nobody is told. */
  kill(): void;
  /** Stops it as SIGSTOP does, between statements; calls and timers wait. */
  freeze(): void;
  /** Lets it go on as if no time had passed for it: calls first, then timers. */
  thaw(): void;
}

class Killed extends Error {}

/**
 * A process of its own over a database. `dies` is asked at each moment whether this is the last one: so a kill strikes exactly
 * between two statements, before a COMMIT or after one.
 */
export function mortal(database: Database, dies: (moment: Moment) => boolean = () => false): Mortal {
  const never = new Promise<never>(() => undefined);
  let isDead = false;
  let frozen: PromiseWithResolvers<undefined> | undefined;
  const isOver = (): boolean => isDead;
  let frozenAtMs = 0;
  let lostMs = 0;

  const passes = async (moment: Moment): Promise<void> => {
    await frozen?.promise;
    if (!isDead && dies(moment)) isDead = true;
    if (isDead) throw new Killed('killed');
  };
  const outside = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) return never;
    try {
      await passes('statement');
      const value = await work();
      await passes('statement');
      return value;
    } catch (error) {
      if (error instanceof Killed || isOver()) return never;
      throw error;
    }
  };
  const inside = (transaction: Transaction): Transaction => {
    const statement = async <T>(work: () => Promise<T>): Promise<T> => {
      await passes('statement');
      return work();
    };
    return {
      query: (asked) => statement(() => transaction.query(asked)),
      execute: (asked) => statement(() => transaction.execute(asked)),
      copyIn: (text, lines) => statement(() => transaction.copyIn(text, lines)),
      stream: (asked, count, take) => statement(() => transaction.stream(asked, count, take)),
    };
  };
  const elapsedMs = (): number => (frozen ? frozenAtMs : realClock.elapsedMs()) - lostMs;

  return {
    isDead: isOver,
    kill: () => {
      isDead = true;
    },
    freeze: () => {
      frozenAtMs = realClock.elapsedMs();
      frozen = Promise.withResolvers<undefined>();
    },
    thaw: () => {
      lostMs += realClock.elapsedMs() - frozenAtMs;
      frozen?.resolve(undefined);
      frozen = undefined;
    },
    clock: {
      ...realClock,
      elapsedMs,
      after: (delayMs, work) => {
        const run = async (): Promise<void> => {
          await frozen?.promise;
          if (!isDead && !isCancelled) work();
        };
        let isCancelled = false;
        const cancel = realClock.after(delayMs, () => void run());
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    },
    database: {
      query: (asked) => outside(() => database.query(asked)),
      execute: (asked) => outside(() => database.execute(asked)),
      withTransaction: (work, options) =>
        outside(async () => {
          const value = await database.withTransaction(async (transaction) => {
            const result = await work(inside(transaction));
            await passes('beforeCommit');
            return result;
          }, options);
          await passes('afterCommit');
          return value;
        }),
      listen: (channel, wake) => database.listen(channel, wake),
      close: () => database.close(),
    },
  };
}

/** Lets the leases of everybody run out, as if time had passed. */
export async function expireLeases(database: Database): Promise<void> {
  const past = `clock_timestamp() - interval '1 second'`;
  await database.execute(`UPDATE weir.job_partition SET lease_until = ${past} WHERE lease_until IS NOT NULL`);
  await database.execute(`UPDATE weir.job_run SET lease_until = ${past} WHERE lease_until IS NOT NULL`);
}
