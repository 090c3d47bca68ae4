import type { CallKind, CallStatus } from '../../../pipelines/remittance/bankCall.ts';
import type { RequestState } from '../../../pipelines/remittance/requestState.ts';
import { stateRecords } from '../../../pipelines/remittance/stateRecords.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase } from '../../support/services.ts';

/** The tables of remittance in a database of their own, with four businesses and a calendar that tests set. */
export interface ALedger {
  readonly url: string;
  readonly database: PostgresDatabase;
  /** The accounts of the businesses. */
  readonly businesses: readonly bigint[];
  readonly now: () => Date;
  /** Moves the calendar on. */
  pass(seconds: number): void;
  /** Forgets everything but the accounts, which have nothing again, and sets the calendar back to noon. */
  empty(): Promise<void>;
}

const noon = new Date('2026-11-02T03:00:00Z');

/** Opens a ledger whose calendar stands at noon in Seoul. */
export async function aLedger(): Promise<ALedger> {
  const url = await aMigratedDatabase();
  // Hundreds may wait at once for one of its connections, and a busy machine may stand still meanwhile: none is refused for that.
  const database = openDatabase({ url, clock: realClock, connectLimitMs: 20_000 });
  atTheEnd(() => database.close());
  const businesses = [11n, 12n, 13n, 14n];
  await database.execute({
    text: `INSERT INTO remittance.users SELECT id, 'business ' || id FROM unnest($1::bigint[]) AS id`,
    values: [businesses],
  });
  await database.execute({
    text: `INSERT INTO remittance.kcd_bank_accounts (id, kind, user_id, account_number) SELECT id, 'EXTERNAL', id, '110-' || id FROM unnest($1::bigint[]) AS id`,
    values: [businesses],
  });
  let calendar = noon;
  return {
    url,
    database,
    businesses,
    now: () => calendar,
    pass: (seconds) => {
      calendar = new Date(calendar.getTime() + seconds * 1_000);
    },
    empty: async () => {
      calendar = noon;
      await database.execute('TRUNCATE remittance.biz_remittance_requests, remittance.outbox, remittance.inbox CASCADE');
      await database.execute('UPDATE remittance.kcd_bank_accounts SET balance_minor = 0');
    },
  };
}

export interface NewRequest {
  readonly state?: RequestState;
  readonly amountMinor?: bigint;
  readonly from?: bigint;
  readonly to?: bigint;
  /** Whether the ledger has the records of its state, from account to account as a test does not look at it. */
  readonly isBooked?: boolean;
}

// Above the identifiers that the stores make meanwhile, so that what is made later is newer.
let made = 4n * 10n ** 18n;

/** A request as its API leaves it, or further on; answers its id. */
export async function aRequest({ database, now }: ALedger, request: NewRequest = {}): Promise<bigint> {
  const id = (made += 1n);
  const { state = 'REQUESTED', amountMinor = 12_000n, from = 11n, to = 12n } = request;
  const code = ['FAILED', 'REVERSED', 'RETURNING', 'RETURNED'].includes(state) ? 'REFUSED_AS_A_TEST' : null;
  const values = [id, from, to, amountMinor, state, now(), code];
  await database.execute({
    text: `INSERT INTO remittance.biz_remittance_requests
        (id, caller, idempotency_key, fingerprint, from_account_id, to_account_id, amount_minor, state, requested_at, state_since, fail_code)
      VALUES ($1, 'a test', $1::bigint::text, '', $2, $3, $4, $5, $6, $6, $7)`,
    values,
  });
  const kinds = (request.isBooked === true ? (stateRecords[state][0] ?? '') : '').split(' ').filter(Boolean);
  await database.execute({
    text: `INSERT INTO remittance.kcd_bank_account_records SELECT $1, kind, 11, 1, $3, $4 FROM unnest($2::text[]) AS kind`,
    values: [id, kinds, amountMinor, now()],
  });
  return id;
}

export interface NewCall {
  readonly kind?: CallKind;
  readonly seq?: number;
  readonly status?: CallStatus;
}

/** A call of a request as its bank has left it; answers its id. */
export async function aCall({ database, now }: ALedger, requestId: bigint, call: NewCall = {}): Promise<bigint> {
  const id = (made += 1n);
  const { kind = 'MOVE_IN', seq = 1, status = 'DONE' } = call;
  const endedAt = status === 'DONE' || status === 'REFUSED' ? now() : null;
  const values = [id, requestId, kind, seq, status, now(), endedAt, status === 'REFUSED' ? 'ACCOUNT_CLOSED' : null];
  await database.execute({
    text: `INSERT INTO remittance.bank_call (id, request_id, kind, seq, idempotency_key, status, made_at, ended_at, reason)
      VALUES ($1, $2, $3, $4, $2::bigint || '-' || $3::text || '-' || $4::integer, $5, $6, $7, $8)`,
    values,
  });
  return id;
}

/** How a request stands: its state and reasons, its records and calls, and what is published about it, in their order. */
export async function standOf({ database }: ALedger, requestId: bigint): Promise<object> {
  const [row] = await database.query({
    text: `SELECT concat_ws(' ', state, fail_code, park_reason) AS state,
        (SELECT string_agg(state, ' ' ORDER BY recorded_at, state) FROM remittance.biz_remittance_request_records WHERE request_id = $1) AS states,
        (SELECT string_agg(kind, ' ' ORDER BY recorded_at, kind) FROM remittance.kcd_bank_account_records WHERE request_id = $1) AS records,
        (SELECT string_agg(concat_ws(' ', kind, status, CASE WHEN booked_at IS NOT NULL THEN 'booked' END), ', ' ORDER BY kind, seq)
          FROM remittance.bank_call WHERE request_id = $1) AS calls,
        (SELECT string_agg(topic, ' ' ORDER BY id) FROM remittance.outbox
          WHERE key = $1::text OR key IN (SELECT id::text FROM remittance.bank_call WHERE request_id = $1)) AS messages
      FROM remittance.biz_remittance_requests WHERE id = $1::bigint`,
    values: [requestId],
  });
  return row ?? {};
}
