import type { Database, Transaction } from '../../src/connectors/database.ts';
import { codeOf, textOf, WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { byHalves } from './byHalves.ts';
import { contradictedOf } from './contradictionStore.ts';
import type { FailureStore } from './failureStore.ts';
import type { Transfer } from './ledger.ts';
import type { LedgerStore } from './ledgerStore.ts';
import { lockRequests, moveRequests, type LockedRequest } from './moveStore.ts';
import type { NamedRow } from './namedRow.ts';
import type { NewCallStore } from './newCallStore.ts';
import type { TryOptions } from './nextTry.ts';
import { ourAccounts } from './ourAccounts.ts';
import { depositedMessage } from './remittanceMessages.ts';
import { isBeforeWithdrawal } from './requestState.ts';

/** Takes money of requests out of the pooled account, on its way to whom it is for. */
export interface WithdrawStore {
  /**
   * Requests in one transaction: ledger, state, and the call that pays out. Requests and then accounts are locked, each in the order of
   * their ids. What the pooled account does not hold, or what cannot be written, gets a row in the withdrawal failures, and its
   * neighbours are withdrawn; a request that is further on changes nothing, and a contradicted one stays as it is. Answers one for each, in their order.
   */
  withdraw(deposited: readonly NamedRow[], tries: TryOptions): Promise<readonly Answer<'withdrawn'>[]>;
}

export interface WithdrawStoreOptions {
  readonly ledger: LedgerStore;
  readonly failures: FailureStore;
  readonly calls: NewCallStore;
  readonly outbox: Pick<Outbox, 'insert'>;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** A request that cannot be withdrawn now. */
interface Failing {
  readonly request: LockedRequest;
  readonly code: string;
  readonly error: string;
}

/** The withdrawals on a database. */
export function withdrawStore(database: Database, options: WithdrawStoreOptions): WithdrawStore {
  return {
    withdraw: async (deposited, tries) => {
      const ids = [...new Set(deposited.map(({ id }) => id))];
      const answered = await byHalves(
        ids,
        (some) => database.withTransaction((transaction) => withdrawChunk(transaction, options, some, tries)),
        (id, error) => database.withTransaction((transaction) => failAlone(transaction, options, id, error, tries)),
      );
      const answers = new Map(ids.map((id, place) => [id, answered[place]]));
      return deposited.map(({ id }) => answers.get(id) ?? noSuchRequest);
    },
  };
}

const noSuchRequest = dead(new WeirError('notFound', 'There is no such remittance.'));

async function withdrawChunk(
  transaction: Transaction,
  options: WithdrawStoreOptions,
  ids: readonly bigint[],
  tries: TryOptions,
): Promise<readonly Answer<'withdrawn'>[]> {
  const requests = await lockRequests(transaction, ids);
  const contradicted = await contradictedOf(transaction, [...requests.keys()]);
  const waiting = [...requests.values()].filter(({ state, requestId }) => state === 'DEPOSITED' && !contradicted.has(requestId));
  const verdicts = await options.ledger.post(transaction, waiting.map(withdrawalOf));
  const withdrawn = waiting.filter((_, place) => verdicts[place] === 'posted');
  const short = waiting.filter((_, place) => verdicts[place] === 'insufficient');
  await goOn(transaction, options, withdrawn);
  await options.failures.end(
    transaction,
    'withdrawal',
    [...requests.values()]
      .filter((request) => !isBeforeWithdrawal(request))
      .concat(withdrawn)
      .map(({ requestId }) => requestId),
  );
  await fail(
    transaction,
    options,
    short.map((request) => ({ request, ...insufficient })),
    tries,
  );
  const [done, failed] = [new Set(withdrawn), new Set(short)];
  return ids.map((id) => {
    const request = requests.get(id);
    if (request === undefined) return noSuchRequest;
    if (done.has(request)) return 'withdrawn';
    if (contradicted.has(id) && request.state === 'DEPOSITED') return defer('parked for a person');
    return failed.has(request) ? defer(`cannot be withdrawn: ${insufficient.code}`) : skip(`is ${request.state}`);
  });
}

const insufficient = { code: 'INSUFFICIENT', error: 'The pooled account holds too little.' };

/** A request that fails the transaction for good, alone in it, gets its failure instead. */
async function failAlone(
  transaction: Transaction,
  options: WithdrawStoreOptions,
  id: bigint,
  error: unknown,
  tries: TryOptions,
): Promise<Answer<'withdrawn'>> {
  const requests = await lockRequests(transaction, [id]);
  const contradicted = await contradictedOf(transaction, [id]);
  const waiting = [...requests.values()].filter(({ state }) => state === 'DEPOSITED' && !contradicted.has(id));
  const code = codeOf(error);
  await fail(
    transaction,
    options,
    waiting.map((request) => ({ request, code, error: textOf(error) })),
    tries,
  );
  return defer(`cannot be withdrawn: ${code}`);
}

async function goOn(
  transaction: Transaction,
  { calls, identifiers, now }: WithdrawStoreOptions,
  withdrawn: readonly LockedRequest[],
): Promise<void> {
  const moves = withdrawn.map(({ requestId, state }) => ({ requestId, from: state, states: ['WITHDRAWN'], failCode: null }) as const);
  await moveRequests(transaction, moves, now());
  const payOuts = withdrawn.map(({ requestId }) => ({ callId: identifiers.next(), requestId, kind: 'PAY_OUT', seq: 1 }) as const);
  await calls.insert(transaction, payOuts);
}

async function fail(
  transaction: Transaction,
  { failures, outbox }: WithdrawStoreOptions,
  failing: readonly Failing[],
  tries: TryOptions,
): Promise<void> {
  const failed = failing.map(({ request: { requestId }, code, error }) => ({ id: requestId, requestId, code, error }));
  const nexts = await failures.fail(transaction, 'withdrawal', failed, tries);
  const soon = failed.flatMap(({ requestId }, place) => {
    const next = nexts[place];
    return next?.kind === 'soon' ? [depositedMessage(requestId, next.at)] : [];
  });
  await outbox.insert(transaction, soon);
}

function withdrawalOf({ requestId, amountMinor }: LockedRequest): Transfer {
  return { requestId, kind: 'WITHDRAWN', debitAccountId: ourAccounts.POOL, creditAccountId: ourAccounts.TRANSIT, amountMinor };
}
