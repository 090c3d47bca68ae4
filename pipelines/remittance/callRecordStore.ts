import type { Database } from '../../src/connectors/database.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import type { CallNews } from './askedCall.ts';
import type { CallNewsStore } from './callNewsStore.ts';
import type { CallChange, CallStanding } from './callStanding.ts';
import type { TellContradiction } from './tellContradiction.ts';

/** Writes how asking the bank ended. */
export interface CallRecordStore {
  /** A chunk in a transaction of its own; repeatable. Only what the bank has ended goes on; rows bring the others back. */
  readonly record: (news: readonly CallNews[]) => Promise<readonly Answer<CallStanding>[]>;
}

/** Records on a database. */
export function callRecordStore(
  database: Pick<Database, 'withTransaction'>,
  calls: CallNewsStore,
  tell: TellContradiction,
): CallRecordStore {
  return {
    record: async (news) => {
      const changes = await database.withTransaction((transaction) => calls.write(transaction, news));
      changes.forEach(tell);
      return changes.map(answerOf);
    },
  };
}

function answerOf(change: CallChange | undefined): Answer<CallStanding> {
  switch (change?.kind) {
    case 'ended':
      return change.call;
    case 'waits':
      return defer('is asked again');
    case 'failing':
      return defer('stands among the failures');
    case 'contradicted':
      return defer('parked for a person');
    case 'unchanged':
    case undefined:
      return skip('has ended');
  }
}
