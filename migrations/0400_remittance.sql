-- Remittance: money from one business's bank account over a pooled account to another's.
-- Amounts are integer minor units. Business times come as parameters.
CREATE SCHEMA remittance;

CREATE TABLE remittance.users (
  id bigint PRIMARY KEY,
  name text NOT NULL
);

-- EXTERNAL: what a business's own bank account was given less what was taken from it, so it may be negative. POOL: what the pooled
-- account holds for requests. TRANSIT: what has left it and is on its way to a bank. SUSPENSE: what no bank would take, until a person
-- has found out whose it is. Every balance is the fold of the records; the sum over all is 0.
CREATE TABLE remittance.kcd_bank_accounts (
  id bigint PRIMARY KEY,
  kind text NOT NULL,
  user_id bigint REFERENCES remittance.users,
  account_number text,
  balance_minor bigint NOT NULL DEFAULT 0,
  CONSTRAINT account_kind CHECK (kind IN ('EXTERNAL', 'POOL', 'TRANSIT', 'SUSPENSE')),
  CONSTRAINT account_only_external_below_zero CHECK (kind = 'EXTERNAL' OR balance_minor >= 0),
  CONSTRAINT account_external_is_somebodys CHECK ((kind = 'EXTERNAL') = (user_id IS NOT NULL AND account_number IS NOT NULL)),
  CONSTRAINT account_number_once UNIQUE (account_number)
);
CREATE UNIQUE INDEX account_one_of_ours ON remittance.kcd_bank_accounts (kind) WHERE kind <> 'EXTERNAL';
INSERT INTO remittance.kcd_bank_accounts (id, kind) VALUES (1, 'POOL'), (2, 'TRANSIT'), (3, 'SUSPENSE');

-- REQUESTED -> DEPOSIT_PENDING -> DEPOSITED -> WITHDRAWN -> COMPLETED; REQUESTED -> FAILED; DEPOSIT_PENDING -> FAILED where a
-- person has found out that the bank refused after all; WITHDRAWN -> REVERSED -> RETURNING -> RETURNED. One that cannot
-- go on by itself has a park_reason. Its id is its number. Rows are never deleted, so a key is never free again.
CREATE TABLE remittance.biz_remittance_requests (
  id bigint PRIMARY KEY,
  caller text NOT NULL,
  idempotency_key text NOT NULL,
  fingerprint bytea NOT NULL,
  from_account_id bigint NOT NULL REFERENCES remittance.kcd_bank_accounts,
  to_account_id bigint NOT NULL REFERENCES remittance.kcd_bank_accounts,
  amount_minor bigint NOT NULL,
  state text NOT NULL DEFAULT 'REQUESTED',
  requested_at timestamptz NOT NULL,
  -- Of the last change of state.
  state_since timestamptz NOT NULL,
  fail_code text,
  park_reason text,
  CONSTRAINT request_key_once UNIQUE (caller, idempotency_key),
  CONSTRAINT request_between_two CHECK (from_account_id <> to_account_id),
  CONSTRAINT request_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT request_state CHECK (state IN
    ('REQUESTED', 'DEPOSIT_PENDING', 'DEPOSITED', 'WITHDRAWN', 'COMPLETED', 'FAILED', 'REVERSED', 'RETURNING', 'RETURNED')),
  CONSTRAINT request_refused_has_code CHECK ((state IN ('FAILED', 'REVERSED', 'RETURNING', 'RETURNED')) = (fail_code IS NOT NULL)),
  CONSTRAINT request_ended_is_not_parked CHECK (park_reason IS NULL OR state NOT IN ('COMPLETED', 'FAILED', 'RETURNED'))
);
CREATE INDEX request_unfinished ON remittance.biz_remittance_requests (id, state, state_since) INCLUDE (requested_at, amount_minor)
  WHERE state NOT IN ('COMPLETED', 'FAILED', 'RETURNED');
CREATE INDEX request_parked ON remittance.biz_remittance_requests (id) INCLUDE (park_reason) WHERE park_reason IS NOT NULL;

-- Every change of state, once.
CREATE TABLE remittance.biz_remittance_request_records (
  request_id bigint NOT NULL REFERENCES remittance.biz_remittance_requests,
  state text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (request_id, state)
);

-- Double entry: one row is one transfer, once for each request and kind.
CREATE TABLE remittance.kcd_bank_account_records (
  request_id bigint NOT NULL REFERENCES remittance.biz_remittance_requests,
  kind text NOT NULL,
  debit_account_id bigint NOT NULL REFERENCES remittance.kcd_bank_accounts,
  credit_account_id bigint NOT NULL REFERENCES remittance.kcd_bank_accounts,
  amount_minor bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (request_id, kind),
  CONSTRAINT record_kind CHECK (kind IN ('MOVED_IN', 'WITHDRAWN', 'PAID_OUT', 'REVERSED', 'SENT_BACK', 'RETURNED', 'SUSPENDED', 'RELEASED')),
  CONSTRAINT record_between_two CHECK (debit_account_id <> credit_account_id),
  CONSTRAINT record_amount_positive CHECK (amount_minor > 0)
);

-- Every call of a bank, before it is made: READY -> ASKED -> DONE | REFUSED; a person may turn one into the other where the bank has said
-- both. Only a refusal, which the bank keeps under the key, permits
-- another seq. tries: how often in a row the bank gave no answer; asks: how often it said that it has not done it yet. next_ask_at: when it
-- is asked again; null once it has ended, and where its failure says when. booked_at: when the ledger and the request had its end.
CREATE TABLE remittance.bank_call (
  id bigint PRIMARY KEY,
  request_id bigint NOT NULL REFERENCES remittance.biz_remittance_requests,
  kind text NOT NULL,
  seq integer NOT NULL DEFAULT 1,
  idempotency_key text NOT NULL,
  status text NOT NULL DEFAULT 'READY',
  reason text,
  tries integer NOT NULL DEFAULT 0,
  asks integer NOT NULL DEFAULT 0,
  made_at timestamptz NOT NULL,
  next_ask_at timestamptz,
  ended_at timestamptz,
  booked_at timestamptz,
  CONSTRAINT bank_call_kind CHECK (kind IN ('MOVE_IN', 'PAY_OUT', 'RETURN')),
  CONSTRAINT bank_call_status CHECK (status IN ('READY', 'ASKED', 'DONE', 'REFUSED')),
  CONSTRAINT bank_call_ended_has_time CHECK ((status IN ('DONE', 'REFUSED')) = (ended_at IS NOT NULL)),
  CONSTRAINT bank_call_ended_is_not_asked CHECK (ended_at IS NULL OR next_ask_at IS NULL),
  CONSTRAINT bank_call_booked_has_ended CHECK (booked_at IS NULL OR ended_at IS NOT NULL),
  CONSTRAINT bank_call_refused_has_reason CHECK ((status = 'REFUSED') = (reason IS NOT NULL)),
  CONSTRAINT bank_call_key_once UNIQUE (idempotency_key),
  CONSTRAINT bank_call_seq_once UNIQUE (request_id, kind, seq)
);
CREATE UNIQUE INDEX bank_call_one_not_refused ON remittance.bank_call (request_id, kind) WHERE status <> 'REFUSED';
CREATE INDEX bank_call_open ON remittance.bank_call (id, next_ask_at) WHERE status IN ('READY', 'ASKED');
CREATE INDEX bank_call_unbooked ON remittance.bank_call (id, ended_at) WHERE ended_at IS NOT NULL AND booked_at IS NULL;

-- What did not work, by step: transaction 1, transaction 2 and dead letters of its event, and calls of banks. next_try_at: when it is tried
-- again; null while it is parked, or ended.
CREATE TABLE remittance.kcd_bank_account_deposit_failures (
  request_id bigint PRIMARY KEY REFERENCES remittance.biz_remittance_requests,
  code text NOT NULL,
  error text NOT NULL,
  tries integer NOT NULL,
  failed_at timestamptz NOT NULL,
  next_try_at timestamptz,
  park_reason text,
  ended_at timestamptz,
  CONSTRAINT deposit_failure_waits_for_one CHECK (num_nonnulls(next_try_at, park_reason, ended_at) = 1)
);
CREATE INDEX deposit_failure_due ON remittance.kcd_bank_account_deposit_failures (request_id, next_try_at) WHERE next_try_at IS NOT NULL;

-- A dead letter that names no request whose withdrawal is still ahead is parked under where it came from; a request keeps its last one.
CREATE TABLE remittance.kcd_bank_account_withdrawal_failures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id bigint REFERENCES remittance.biz_remittance_requests,
  origin text,
  code text NOT NULL,
  error text NOT NULL,
  tries integer NOT NULL,
  failed_at timestamptz NOT NULL,
  next_try_at timestamptz,
  park_reason text,
  ended_at timestamptz,
  CONSTRAINT withdrawal_failure_of_something CHECK (num_nonnulls(request_id, origin) > 0),
  CONSTRAINT withdrawal_failure_once UNIQUE (request_id),
  CONSTRAINT withdrawal_failure_origin_once UNIQUE (origin),
  CONSTRAINT withdrawal_failure_waits_for_one CHECK (num_nonnulls(next_try_at, park_reason, ended_at) = 1)
);
CREATE INDEX withdrawal_failure_due ON remittance.kcd_bank_account_withdrawal_failures (request_id, next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE remittance.biz_remittance_request_failures (
  call_id bigint PRIMARY KEY REFERENCES remittance.bank_call,
  request_id bigint NOT NULL REFERENCES remittance.biz_remittance_requests,
  code text NOT NULL,
  error text NOT NULL,
  tries integer NOT NULL,
  failed_at timestamptz NOT NULL,
  next_try_at timestamptz,
  park_reason text,
  ended_at timestamptz,
  CONSTRAINT request_failure_waits_for_one CHECK (num_nonnulls(next_try_at, park_reason, ended_at) = 1)
);
CREATE INDEX request_failure_due ON remittance.biz_remittance_request_failures (call_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX request_failure_request ON remittance.biz_remittance_request_failures (request_id);
CREATE INDEX request_failure_contradicted ON remittance.biz_remittance_request_failures (request_id) WHERE park_reason = 'CONTRADICTION';

CREATE INDEX withdrawal_failure_of_none ON remittance.kcd_bank_account_withdrawal_failures (id) INCLUDE (park_reason) WHERE request_id IS NULL AND park_reason IS NOT NULL;

-- What people are told of a request that takes too long, once: SENDING, claimed under a token just before it is posted -> SENT | FAILED |
-- PARKED. What was surely not taken loses its row, and is told by a later run; what nobody can tell about stays PARKED. Requests that are
-- told of in one message have one token.
CREATE TABLE remittance.late_notice (
  request_id bigint PRIMARY KEY REFERENCES remittance.biz_remittance_requests,
  token bigint NOT NULL,
  status text NOT NULL,
  claimed_at timestamptz NOT NULL,
  lease_until timestamptz,
  ended_at timestamptz,
  reason text,
  CONSTRAINT late_notice_status CHECK (status IN ('SENDING', 'SENT', 'FAILED', 'PARKED')),
  CONSTRAINT late_notice_sending_is_held CHECK ((status = 'SENDING') = (lease_until IS NOT NULL)),
  CONSTRAINT late_notice_ended_has_time CHECK ((status = 'SENDING') = (ended_at IS NULL)),
  CONSTRAINT late_notice_reason CHECK ((status IN ('FAILED', 'PARKED')) = (reason IS NOT NULL))
);
CREATE INDEX late_notice_token ON remittance.late_notice (token);
CREATE INDEX late_notice_held ON remittance.late_notice (lease_until) WHERE status = 'SENDING';
CREATE INDEX late_notice_put_aside ON remittance.late_notice (request_id, status) WHERE status IN ('FAILED', 'PARKED');

SELECT weir.provide_outbox('remittance');
