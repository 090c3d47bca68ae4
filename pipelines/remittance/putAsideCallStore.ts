import type { Database, Queryable } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox, OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import type { FailingStep, FailureStore } from './failureStore.ts';
import { lockRequests } from './moveStore.ts';
import type { TryOptions } from './nextTry.ts';
import type { PutAsideCall } from './putAsideCall.ts';
import { dueCallMessage, endedCallMessage } from './remittanceMessages.ts';

/** Calls that were put aside, in the tables of failures. */
export interface PutAsideCallStore {
  /**
   * Counts the letters of a chunk in one transaction: each is a try of the step that its call waits for, which comes again or is parked
   * as any other. Letters of one call are one try. One that died before the latest failure of the step is skipped: it was counted, or a
   * person has had it tried again since. A letter without a time, of another program, counts whenever it is read.
   */
  log(letters: readonly PutAsideCall[], tries: TryOptions): Promise<readonly Answer<PutAsideCall>[]>;
}

export interface PutAsideCallStoreOptions {
  readonly failures: FailureStore;
  readonly outbox: Pick<Outbox, 'insert'>;
}

/** Calls that were put aside, on a database. */
export function putAsideCallStore(database: Database, { failures, outbox }: PutAsideCallStoreOptions): PutAsideCallStore {
  return {
    log: (letters, tries) =>
      database.withTransaction(async (transaction) => {
        const waiting = await lockWaiting(
          transaction,
          letters.flatMap(({ callId }) => callId ?? []),
        );
        const counted = letters.filter((letter) => isNews(letter, waiting.get(letter.callId ?? 0n)));
        const last = [...new Map(counted.map((letter) => [letter.callId, letter])).values()];
        for (const step of ['deposit', 'call'] as const) {
          const failed = last.flatMap(({ callId = 0n, code, error }) => {
            const call = waiting.get(callId);
            if (call?.step !== step) return [];
            return [{ ...call, id: step === 'deposit' ? call.requestId : callId, code, error }];
          });
          const nexts = await failures.fail(transaction, step, failed, tries);
          const soon = failed.flatMap((call, place) => {
            const next = nexts[place];
            return next?.kind === 'soon' ? [{ ...call, at: next.at }] : [];
          });
          await askSoon(transaction, soon);
          await outbox.insert(transaction, soon.map(messageOf));
        }
        return letters.map((letter) => (counted.includes(letter) ? letter : skip('says nothing new of a call that waits')));
      }),
  };
}

/** A call that waits for the bank, or has ended and waits for the ledger. */
interface WaitingCall {
  readonly callId: bigint;
  readonly requestId: bigint;
  readonly step: Exclude<FailingStep, 'withdrawal'>;
  readonly hasEnded: boolean;
  /** Of the latest failure of that step. */
  readonly failedAt: Date | null;
}

interface SoonCall extends WaitingCall {
  readonly at: Date;
}

function isNews({ diedAt }: PutAsideCall, call: WaitingCall | undefined): boolean {
  if (call === undefined) return false;
  return diedAt === undefined || call.failedAt === null || diedAt > call.failedAt;
}

/** Locks calls and then their requests, and reads behind that how they stand. */
async function lockWaiting(transaction: Queryable, callIds: readonly bigint[]): Promise<ReadonlyMap<bigint, WaitingCall>> {
  const locked = await transaction.query<Pick<WaitingCall, 'requestId'>>({
    text: lockCalls,
    values: [callIds],
    name: 'remittance.lockPutAside',
  });
  await lockRequests(
    transaction,
    locked.map(({ requestId }) => requestId),
  );
  const rows = await transaction.query<WaitingCall>({ text: waitingCalls, values: [callIds], name: 'remittance.putAsideCalls' });
  return new Map(rows.map((row) => [row.callId, row]));
}

/** Whoever had claimed them has given them up, so that their lease holds nobody. */
async function askSoon(transaction: Queryable, calls: readonly SoonCall[]): Promise<void> {
  const unended = calls.filter(({ hasEnded }) => !hasEnded);
  if (unended.length === 0) return;
  const values = [unended.map(({ callId }) => callId), unended.map(({ at }) => at)];
  await transaction.execute({ text: askThem, values, name: 'remittance.askSoon' });
}

function messageOf(call: SoonCall): OutboxMessage {
  return call.hasEnded ? endedCallMessage(call, call.at) : { ...dueCallMessage(call, call.at), notBefore: call.at };
}

const lockCalls = `
  SELECT request_id AS "requestId" FROM remittance.bank_call WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const waitingCalls = `
  SELECT waiting.*, CASE step
      WHEN 'deposit' THEN (SELECT failed_at FROM remittance.kcd_bank_account_deposit_failures WHERE request_id = "requestId")
      ELSE (SELECT failed_at FROM remittance.biz_remittance_request_failures WHERE call_id = "callId")
    END AS "failedAt"
  FROM (
    SELECT id AS "callId", request_id AS "requestId", ended_at IS NOT NULL AS "hasEnded",
      CASE WHEN ended_at IS NOT NULL AND kind = 'MOVE_IN' THEN 'deposit' ELSE 'call' END AS step
    FROM remittance.bank_call WHERE id = ANY ($1::bigint[]) AND booked_at IS NULL
  ) AS waiting`;

const askThem = `
  UPDATE remittance.bank_call AS call SET next_ask_at = soon.at
  FROM unnest($1::bigint[], $2::timestamptz[]) AS soon (id, at) WHERE call.id = soon.id AND call.ended_at IS NULL`;
