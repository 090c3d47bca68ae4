import type { Database, Queryable, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import type { FailedEvent } from './failedEvent.ts';
import type { FailureStore } from './failureStore.ts';
import { lockRequests } from './moveStore.ts';
import type { TryOptions } from './nextTry.ts';
import { depositedMessage } from './remittanceMessages.ts';
import { isBeforeWithdrawal } from './requestState.ts';

/** Events that were put aside, in the withdrawal failures. */
export interface FailedEventStore {
  /**
   * Writes a chunk in one transaction. Where the withdrawal of its request is still ahead, an event is a try of that, which comes again or
   * is parked as any other; else it is parked under its origin. An event that is there changes nothing: that of a request is there while
   * no later one of it is.
   */
  log(events: readonly FailedEvent[], tries: TryOptions): Promise<readonly Answer<FailedEvent>[]>;
}

export interface FailedEventStoreOptions {
  readonly failures: FailureStore;
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** Events that were put aside, on a database. */
export function failedEventStore(database: Database, options: FailedEventStoreOptions): FailedEventStore {
  return {
    log: (events, tries) =>
      database.withTransaction(async (transaction) => {
        const ids = events.flatMap(({ requestId }) => requestId ?? []);
        const ahead = new Set(
          [...(await lockRequests(transaction, ids)).values()].filter(isBeforeWithdrawal).map(({ requestId }) => requestId),
        );
        const known = await knownOf(transaction, events);
        const fresh = events.filter(({ origin }) => !known.has(origin));
        await countTries(
          transaction,
          options,
          fresh.flatMap((event) => (isOf(ahead, event) ? [event] : [])),
          tries,
        );
        await park(
          transaction,
          fresh.filter((event) => !isOf(ahead, event)),
          options.now(),
        );
        return events.map((event) => (known.has(event.origin) ? skip('is there already') : event));
      }),
  };
}

type RequestEvent = FailedEvent & { readonly requestId: bigint };

function isOf(requests: ReadonlySet<bigint>, event: FailedEvent): event is RequestEvent {
  return event.requestId !== undefined && requests.has(event.requestId);
}

/** Behind the locks of their requests, which everybody holds who writes them. */
async function knownOf(transaction: Queryable, events: readonly FailedEvent[]): Promise<ReadonlySet<string>> {
  const statement = { text: knownOrigins, values: [events.map(({ origin }) => origin)], name: 'remittance.knownOrigins' };
  return new Set((await transaction.query<{ readonly origin: string }>(statement)).map(({ origin }) => origin));
}

async function countTries(
  transaction: Transaction,
  { failures, outbox }: FailedEventStoreOptions,
  events: readonly RequestEvent[],
  tries: TryOptions,
): Promise<void> {
  // Of a request the last one here.
  const last = [...new Map(events.map((event) => [event.requestId, event])).values()];
  if (last.length === 0) return;
  const failed = last.map(({ requestId, code, error }) => ({ id: requestId, requestId, code, error }));
  const nexts = await failures.fail(transaction, 'withdrawal', failed, tries);
  const origins = [last.map(({ requestId }) => requestId), last.map(({ origin }) => origin)];
  await transaction.execute({ text: setOrigins, values: origins, name: 'remittance.setOrigins' });
  const soon = nexts.flatMap((next, place) => (next.kind === 'soon' ? [depositedMessage(last[place]?.requestId ?? 0n, next.at)] : []));
  await outbox.insert(transaction, soon);
}

async function park(transaction: Transaction, events: readonly FailedEvent[], at: Date): Promise<void> {
  if (events.length === 0) return;
  const values = [events.map(({ origin }) => origin), events.map(({ code }) => code), events.map(({ error }) => error), at];
  await transaction.execute({ text: parkUnderOrigins, values, name: 'remittance.parkUnderOrigins' });
}

const knownOrigins = 'SELECT origin FROM remittance.kcd_bank_account_withdrawal_failures WHERE origin = ANY ($1::text[])';

const setOrigins = `
  UPDATE remittance.kcd_bank_account_withdrawal_failures AS failure SET origin = event.origin
  FROM unnest($1::bigint[], $2::text[]) AS event (request_id, origin) WHERE failure.request_id = event.request_id`;

const parkUnderOrigins = `
  INSERT INTO remittance.kcd_bank_account_withdrawal_failures (origin, code, error, tries, failed_at, park_reason)
  SELECT origin, code, error, 1, $4::timestamptz, code FROM unnest($1::text[], $2::text[], $3::text[]) AS event (origin, code, error)
  ON CONFLICT (origin) DO NOTHING`;
