import type { Database, Transaction } from '../../src/connectors/database.ts';
import { codeOf, textOf, WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { byHalves } from './byHalves.ts';
import { lockEndedCalls, markBooked, type EndedCall } from './endedCallStore.ts';
import type { FailureStore } from './failureStore.ts';
import type { LedgerStore } from './ledgerStore.ts';
import { moveRequests } from './moveStore.ts';
import type { NamedRow } from './namedRow.ts';
import type { NewCallStore } from './newCallStore.ts';
import type { TryOptions } from './nextTry.ts';
import { depositedMessage } from './remittanceMessages.ts';
import type { RequestState } from './requestState.ts';
import { writeSettleFailures } from './settleFailures.ts';
import { decideSettlement, insufficient, type Settlement } from './settlement.ts';

/** What became of an ended call: it is in the ledger, also where a person has to look at its money. */
export type SettleEnd = 'booked' | 'parked';

/** Books what banks have ended. */
export interface SettleStore {
  /**
   * Ended calls in one transaction: ledger, states, what follows, and that they are booked. Calls, requests and accounts are locked in
   * this order, each in that of their ids. A call that cannot be booked gets a row in its table of failures, and its neighbours are
   * booked; one that is booked changes nothing, and one whose request is contradicted stays as it is. Answers one for each, in their order.
   */
  settle(ended: readonly NamedRow[], tries: TryOptions): Promise<readonly Answer<SettleEnd>[]>;
}

export interface SettleStoreOptions {
  readonly ledger: LedgerStore;
  readonly failures: FailureStore;
  readonly calls: NewCallStore;
  readonly outbox: Pick<Outbox, 'insert'>;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** A call that has had its turn. */
interface Settled extends EndedCall {
  readonly settlement: Settlement;
}

/** The answer for a call; undefined where an older one of its request goes first. */
type Turn = Answer<SettleEnd> | undefined;

/** The bookings of ended calls on a database. */
export function settleStore(database: Database, options: SettleStoreOptions): SettleStore {
  return {
    settle: async (ended, tries) => {
      const answers = new Map<bigint, Answer<SettleEnd>>();
      let left = [...new Set(ended.map(({ id }) => id))];
      while (left.length > 0) {
        const turns = await byHalves(
          left,
          (ids) => database.withTransaction((transaction) => settleChunk(transaction, options, ids, tries)),
          (id, error) => database.withTransaction((transaction) => failAlone(transaction, options, id, error, tries)),
        );
        for (const [place, id] of left.entries()) {
          const answer = turns[place];
          if (answer !== undefined) answers.set(id, answer);
        }
        left = left.filter((id) => !answers.has(id));
      }
      return ended.map(({ id }) => answers.get(id) ?? noSuchCall);
    },
  };
}

const noSuchCall = dead(new WeirError('notFound', 'There is no such call of a bank.'));

async function settleChunk(
  transaction: Transaction,
  options: SettleStoreOptions,
  callIds: readonly bigint[],
  tries: TryOptions,
): Promise<readonly Turn[]> {
  const { ids, turns } = await lockEndedCalls(transaction, callIds);
  const decided = turns.map((turn): Settled => ({ ...turn, settlement: decideSettlement(turn.request, turn.call) }));
  const transfers = decided.flatMap(({ settlement }) => ('transfers' in settlement ? settlement.transfers : []));
  const verdicts = await options.ledger.post(transaction, transfers);
  const short = new Set(transfers.filter((_, place) => verdicts[place] === 'insufficient').map(({ requestId }) => requestId));
  const settled = decided.map((one) => (short.has(one.request.requestId) ? { ...one, settlement: insufficient } : one));
  await write(transaction, options, settled, tries);
  const answers = new Map(settled.map(({ call, settlement }) => [call.callId, answerOf(settlement)]));
  return callIds.map((id) => (ids.has(id) ? answers.get(id) : noSuchCall));
}

/** A call that fails the transaction for good, alone in it, gets its failure instead. */
async function failAlone(
  transaction: Transaction,
  options: SettleStoreOptions,
  callId: bigint,
  error: unknown,
  tries: TryOptions,
): Promise<Turn> {
  const { turns } = await lockEndedCalls(transaction, [callId]);
  const settlement = { kind: 'failed', code: codeOf(error), error: textOf(error) } as const;
  const failed = turns.filter(({ call, request }) => !call.isBooked && !request.isContradicted).map((turn) => ({ ...turn, settlement }));
  await write(transaction, options, failed, tries);
  return answerOf(settlement);
}

async function write(
  transaction: Transaction,
  { failures, calls, outbox, identifiers, now }: SettleStoreOptions,
  settled: readonly Settled[],
  tries: TryOptions,
): Promise<void> {
  const at = now();
  const moves = settled.flatMap(({ request: { requestId, state }, settlement }) =>
    settlement.kind === 'booked' ? [{ requestId, from: state, states: settlement.states, failCode: settlement.failCode }] : [],
  );
  const entering = (state: RequestState): readonly bigint[] =>
    moves.flatMap(({ requestId, states }) => (states.includes(state) ? [requestId] : []));
  await moveRequests(transaction, moves, at);
  await markBooked(
    transaction,
    settled.filter(isOver).map(({ call }) => call.callId),
    at,
  );
  const returns = entering('RETURNING').map((requestId) => ({ callId: identifiers.next(), requestId, kind: 'RETURN', seq: 1 }) as const);
  await calls.insert(transaction, returns);
  const soon = await writeSettleFailures(transaction, failures, settled, tries);
  // Nothing of them is left to be withdrawn, and nobody need wait for it.
  await failures.end(transaction, 'withdrawal', entering('FAILED'));
  await outbox.insert(transaction, [...entering('DEPOSITED').map((requestId) => depositedMessage(requestId)), ...soon]);
}

function isOver({ settlement: { kind } }: Settled): boolean {
  return kind === 'booked' || kind === 'parked';
}

function answerOf(settlement: Settlement): Answer<SettleEnd> {
  switch (settlement.kind) {
    case 'booked':
    case 'parked':
      return settlement.kind;
    case 'held':
      return defer('parked for a person');
    case 'unchanged':
      return skip(settlement.why);
    case 'failed':
      return defer(`cannot be booked: ${settlement.code}`);
  }
}
