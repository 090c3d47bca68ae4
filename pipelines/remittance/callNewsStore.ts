import type { Queryable, Transaction } from '../../src/connectors/database.ts';
import type { Outbox, OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import type { CallNews } from './askedCall.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { changeOf, type CallChange, type CallStanding } from './callStanding.ts';
import { contradiction } from './contradictionStore.ts';
import type { CountedFailure, FailureStore } from './failureStore.ts';
import { dueCallMessage, endedCallMessage } from './remittanceMessages.ts';
import type { RequestState } from './requestState.ts';

/** Writes what became known about calls of the bank: by asking, or because it called back. */
export interface CallNewsStore {
  /**
   * The calls, what follows for their requests, their failures and the messages, in the transaction that it is given; calls and then
   * requests are locked in the order of their ids. What has ended never changes: the bank's first word counts, whenever it comes, also
   * for a call that was parked. Answers one for each of the news, in their order; undefined where there is no such call.
   */
  write(transaction: Transaction, news: readonly CallNews[]): Promise<readonly (CallChange | undefined)[]>;
}

export interface CallNewsOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  readonly failures: Pick<FailureStore, 'write' | 'end'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The statements of news. */
export function callNewsStore({ outbox, failures, now }: CallNewsOptions): CallNewsStore {
  return {
    write: async (transaction, news) => {
      const at = now();
      const calls = await lock(transaction, news);
      const changes = news.map((each) => {
        const call = calls.get(each.callId);
        const change = call && changeOf(call, each, at);
        if (change !== undefined) calls.set(each.callId, change.call);
        return change;
      });
      const [changed, ended] = [callsOf(changes, 'ended', 'waits', 'failing'), callsOf(changes, 'ended')];
      await writeCalls(transaction, changed);
      await failures.write(transaction, 'call', failuresOf(changes, news));
      await failures.end(transaction, 'call', answeredIds(changes, news));
      // Nothing of them is left to be withdrawn, and what has its end is not parked.
      await failures.end(transaction, 'withdrawal', refusedMoveIns(ended));
      await moveRequests(transaction, ended, at);
      await outbox.insert(transaction, [
        ...callsOf(changes, 'waits').map(dueAgain),
        ...ended.filter(isToBeBooked).map((call) => endedCallMessage(call)),
      ]);
      return changes;
    },
  };
}

async function lock(transaction: Transaction, news: readonly CallNews[]): Promise<Map<bigint, CallStanding>> {
  const ids = news.map(({ callId }) => callId);
  const rows = await transaction.query<CallRow>({ text: lockCalls, values: [ids], name: 'remittance.lockCalls' });
  const requestIds = rows.map(({ request_id }) => request_id);
  await transaction.query({ text: lockRequests, values: [requestIds], name: 'remittance.lockCallRequests' });
  return new Map(rows.map((row) => [row.id, standingOf(row)]));
}

/** The calls of such changes, each once, as they stand after all of them. */
function callsOf(changes: readonly (CallChange | undefined)[], ...kinds: readonly CallChange['kind'][]): readonly CallStanding[] {
  const calls = changes.flatMap((change) => (change !== undefined && kinds.includes(change.kind) ? [change.call] : []));
  return [...new Map(calls.map((call) => [call.callId, call])).values()];
}

async function writeCalls(transaction: Queryable, calls: readonly CallStanding[]): Promise<void> {
  if (calls.length === 0) return;
  const values = [
    calls.map(({ callId }) => callId),
    calls.map(({ status }) => status),
    calls.map(({ reason }) => reason ?? null),
    calls.map(({ tries }) => tries),
    calls.map(({ asks }) => asks),
    calls.map(({ nextAskAt }) => nextAskAt ?? null),
    calls.map(({ endedAt }) => endedAt ?? null),
    calls.map(({ bookedAt }) => bookedAt ?? null),
  ];
  await transaction.execute({ text: updateCalls, values, name: 'remittance.writeCalls' });
}

/** Each call once: what was found out last. */
function failuresOf(changes: readonly (CallChange | undefined)[], news: readonly CallNews[]): readonly CountedFailure[] {
  const failed = changes.flatMap((change, index): readonly (readonly [bigint, CountedFailure | undefined])[] => {
    const each = news[index];
    if (change === undefined || each === undefined || change.kind === 'unchanged') return [];
    const { callId: id, requestId, tries, status } = change.call;
    const of = { id, requestId, tries };
    if (change.kind === 'contradicted') {
      const error = `The bank says ${each.kind} of a call that it has ended as ${status}.`;
      return [[id, { ...of, code: contradiction, error, next: { kind: 'parked' } }]];
    }
    return [[id, each.kind === 'failing' ? { ...of, code: 'NO_ANSWER', error: each.error, next: each.next } : undefined]];
  });
  return [...new Map(failed).values()].filter((failure) => failure !== undefined);
}

/** Calls of which the bank has said something, and had not said the opposite. */
function answeredIds(changes: readonly (CallChange | undefined)[], news: readonly CallNews[]): readonly bigint[] {
  const contradicted = new Set(callsOf(changes, 'contradicted').map(({ callId }) => callId));
  const answered = callsOf(
    changes.map((change, index) => (news[index]?.kind === 'later' ? undefined : change)),
    'ended',
    'waits',
  );
  return answered.map(({ callId }) => callId).filter((callId) => !contradicted.has(callId));
}

/** What the end of a MOVE_IN means for its request, which waits for it. The other ends are booked first. */
async function moveRequests(transaction: Queryable, ended: readonly CallStanding[], at: Date): Promise<void> {
  const movedIn = ended.filter(({ kind }) => kind === 'MOVE_IN');
  if (movedIn.length === 0) return;
  const states = { DONE: 'DEPOSIT_PENDING', REFUSED: 'FAILED' } as const satisfies Record<string, RequestState>;
  const values = [
    movedIn.map(({ requestId }) => requestId),
    movedIn.map(({ status }) => states[status as keyof typeof states]),
    movedIn.map(({ reason }) => reason ?? null),
    at,
  ];
  await transaction.execute({ text: moveThem, values, name: 'remittance.moveRequests' });
}

function refusedMoveIns(ended: readonly CallStanding[]): readonly bigint[] {
  return ended.filter(({ kind, status }) => kind === 'MOVE_IN' && status === 'REFUSED').map(({ requestId }) => requestId);
}

function isToBeBooked({ bookedAt }: CallStanding): boolean {
  return bookedAt === undefined;
}

function dueAgain(call: CallStanding): OutboxMessage {
  const { nextAskAt = new Date(0) } = call;
  return { ...dueCallMessage(call, nextAskAt), notBefore: nextAskAt };
}

interface CallRow {
  readonly id: bigint;
  readonly request_id: bigint;
  readonly kind: CallKind;
  readonly status: CallStatus;
  readonly reason: string | null;
  readonly tries: number;
  readonly asks: number;
  readonly next_ask_at: Date | null;
  readonly ended_at: Date | null;
  readonly booked_at: Date | null;
}

function standingOf({ id, request_id, kind, status, reason, tries, asks, ...times }: CallRow): CallStanding {
  return {
    ...{ callId: id, requestId: request_id, kind, status, reason: reason ?? undefined, tries, asks },
    nextAskAt: times.next_ask_at ?? undefined,
    endedAt: times.ended_at ?? undefined,
    bookedAt: times.booked_at ?? undefined,
  };
}

const lockCalls = `
  SELECT id, request_id, kind, status, reason, tries, asks, next_ask_at, ended_at, booked_at
  FROM remittance.bank_call WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const lockRequests = 'SELECT FROM remittance.biz_remittance_requests WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE';

const updateCalls = `
  UPDATE remittance.bank_call AS call SET (status, reason, tries, asks, next_ask_at, ended_at, booked_at) =
    (said.status, said.reason, said.tries, said.asks, said.next_ask_at, said.ended_at, said.booked_at)
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
    AS said (id, status, reason, tries, asks, next_ask_at, ended_at, booked_at)
  WHERE call.id = said.id`;

const moveThem = `
  WITH moved AS (
    UPDATE remittance.biz_remittance_requests AS request SET state = said.state, state_since = $4, fail_code = said.fail_code,
      park_reason = CASE WHEN said.state <> 'FAILED' THEN request.park_reason END
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS said (id, state, fail_code)
    WHERE request.id = said.id AND request.state = 'REQUESTED'
    RETURNING request.id, request.state
  )
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at) SELECT id, state, $4 FROM moved`;
