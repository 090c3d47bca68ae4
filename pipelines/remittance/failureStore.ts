import type { Queryable } from '../../src/connectors/database.ts';
import { contradiction } from './contradictionStore.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import { lostAfterMs } from './lostAfter.ts';
import { parkReasonOf } from './parkedFailures.ts';
import { nextTry, type NextTry, type TryOptions } from './nextTry.ts';

/** Steps that may fail: transaction 1, transaction 2, and calls of banks with what is booked of them. Each has its table of failures. */
export type FailingStep = 'deposit' | 'withdrawal' | 'call';

/** A try of a step that did not work. */
export interface Failure {
  /** Of the request; where the step is a call, of the call. */
  readonly id: bigint;
  readonly requestId: bigint;
  /** For tables; it is the reason of what is parked. */
  readonly code: string;
  /** For people: a sentence without personal data. */
  readonly error: string;
}

/** A failure of which its step has counted the tries and decided what comes next. */
export interface CountedFailure extends Failure {
  readonly tries: number;
  readonly next: NextTry;
}

/**
 * What did not work: FAILING (`next_try_at`) → FAILING … → PARKED (`park_reason`) | ENDED (`ended_at`); what has ended and fails again
 * begins with its first try. A request says why it is parked exactly as long as one of its failures does and it has no end. Where a bank
 * has contradicted itself, only a person ends the failure, whatever its call brings besides, and nothing is done for its request meanwhile.
 */
export interface FailureStore {
  /**
   * Within a transaction that holds the locks of the requests: one try more of each. Answers what comes next, in their order: for what
   * comes soon the caller publishes the message; the job publishes it a minute later, should that be lost.
   */
  fail(transaction: Queryable, step: FailingStep, failures: readonly Failure[], options: TryOptions): Promise<readonly NextTry[]>;
  /** The same where tries are counted elsewhere. Each step fails once in a transaction. */
  write(transaction: Queryable, step: FailingStep, failures: readonly CountedFailure[]): Promise<void>;
  /** A person has found out which of its two words a bank meant: the contradiction of the call has its end. */
  resolve(transaction: Queryable, callId: bigint): Promise<void>;
  /** These have worked: what failed of them has its end, for a call also what failed of earlier calls of its kind. */
  end(transaction: Queryable, step: FailingStep, ids: readonly bigint[]): Promise<void>;
}

/** The statements of failures; `now` is calendar time. */
export function failureStore(now: () => Date): FailureStore {
  const write: FailureStore['write'] = async (transaction, step, failures) => {
    if (failures.length === 0) return;
    const ordered = failures.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const values = [
      ordered.map(({ id }) => id),
      ordered.map(({ code }) => code),
      ordered.map(({ error }) => error),
      ordered.map(({ tries }) => tries),
      ordered.map(({ next }) => triedAgainAt(next)),
      ordered.map(({ next, code }) => (next.kind === 'parked' ? code : null)),
      now(),
      ...(step === 'call' ? [ordered.map(({ requestId }) => requestId)] : []),
    ];
    await transaction.execute({ text: writeText[step], values, name: `remittance.writeFailures.${step}` });
    await parkRequests(
      transaction,
      failures.map(({ requestId }) => requestId),
    );
  };
  return {
    write,
    fail: async (transaction, step, failures, options) => {
      if (failures.length === 0) return [];
      const at = now();
      const statement = { text: triesText[step], values: [failures.map(({ id }) => id)], name: `remittance.triesOf.${step}` };
      const rows = await transaction.query<{ readonly id: bigint; readonly tries: number }>(statement);
      const made = new Map(rows.map(({ id, tries }) => [id, tries]));
      const counted = failures.map((failure): CountedFailure => {
        const tries = (made.get(failure.id) ?? 0) + 1;
        return { ...failure, tries, next: nextTry(tries, at, options) };
      });
      await write(transaction, step, counted);
      return counted.map(({ next }) => next);
    },
    resolve: async (transaction, callId) => {
      const statement = { text: endContradiction, values: [callId, now()], name: 'remittance.endContradiction' };
      const rows = await transaction.query<{ readonly request_id: bigint }>(statement);
      await parkRequests(
        transaction,
        rows.map(({ request_id }) => request_id),
      );
    },
    end: async (transaction, step, ids) => {
      if (ids.length === 0) return;
      const statement = { text: endText[step], values: [ids, now()], name: `remittance.endFailures.${step}` };
      const rows = await transaction.query<{ readonly request_id: bigint }>(statement);
      if (rows.length === 0) return;
      await parkRequests(
        transaction,
        rows.map(({ request_id }) => request_id),
      );
    },
  };
}

/** When its table says that it is tried again: of what comes soon, once its message counts as lost. */
function triedAgainAt(next: NextTry): Date | null {
  switch (next.kind) {
    case 'soon':
      return new Date(next.at.getTime() + lostAfterMs);
    case 'retry':
      return next.at;
    case 'parked':
      return null;
  }
}

/** Behind their locks, so that whoever comes second sees the failures that the first has written. */
async function parkRequests(transaction: Queryable, requestIds: readonly bigint[]): Promise<void> {
  await transaction.query({ text: lockRequests, values: [requestIds], name: 'remittance.lockFailed' });
  await transaction.execute({ text: parkThem, values: [requestIds], name: 'remittance.parkRequests' });
}

const tables = {
  deposit: { name: 'remittance.kcd_bank_account_deposit_failures', key: 'request_id' },
  withdrawal: { name: 'remittance.kcd_bank_account_withdrawal_failures', key: 'request_id' },
  call: { name: 'remittance.biz_remittance_request_failures', key: 'call_id' },
} as const;

function forEachStep(text: (step: FailingStep) => string): Readonly<Record<FailingStep, string>> {
  return { deposit: text('deposit'), withdrawal: text('withdrawal'), call: text('call') };
}

const isOpenToUs = `failure.park_reason IS DISTINCT FROM '${contradiction}'`;

const triesText = forEachStep((step) => {
  const { name, key } = tables[step];
  return `SELECT ${key} AS id, tries FROM ${name} WHERE ${key} = ANY ($1::bigint[]) AND ended_at IS NULL`;
});

const writeText = forEachStep((step) => {
  const { name, key } = tables[step];
  const columns = 'code, error, tries, next_try_at, park_reason';
  const [also, alsoOf] = step === 'call' ? [', request_id', ', $8::bigint[]'] : ['', ''];
  return `
  INSERT INTO ${name} AS failure (failed_at, ${key}, ${columns}${also})
  SELECT $7::timestamptz, failed.*
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::text[]${alsoOf}) AS failed
  ON CONFLICT (${key}) DO UPDATE SET (failed_at, ended_at, ${columns}) =
    (EXCLUDED.failed_at, NULL, EXCLUDED.code, EXCLUDED.error, EXCLUDED.tries, EXCLUDED.next_try_at, EXCLUDED.park_reason)
  WHERE ${isOpenToUs}`;
});

const endText = forEachStep((step) => {
  const { name, key } = tables[step];
  const ofCalls = `
    SELECT earlier.id FROM remittance.bank_call JOIN remittance.bank_call AS earlier USING (request_id, kind)
    WHERE bank_call.id = ANY ($1::bigint[]) AND earlier.seq <= bank_call.seq`;
  return `
  UPDATE ${name} AS failure SET ended_at = $2, next_try_at = NULL, park_reason = NULL
  WHERE ${key} ${step === 'call' ? `IN (${ofCalls})` : '= ANY ($1::bigint[])'} AND ended_at IS NULL AND ${isOpenToUs}
  RETURNING request_id`;
});

const endContradiction = `
  UPDATE ${tables.call.name} SET ended_at = $2, park_reason = NULL WHERE call_id = $1 AND park_reason = '${contradiction}'
  RETURNING request_id`;

const lockRequests = 'SELECT FROM remittance.biz_remittance_requests WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE';

const parkThem = `
  UPDATE remittance.biz_remittance_requests AS request SET park_reason = parked.reason
  FROM (
    SELECT id, ${parkReasonOf('request.id')} AS reason
    FROM remittance.biz_remittance_requests AS request WHERE id = ANY ($1::bigint[])
  ) AS parked
  WHERE request.id = parked.id AND ${isOpenRequest('state')} AND park_reason IS DISTINCT FROM parked.reason`;
