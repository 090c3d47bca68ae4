-- Partner bank accounts, registered at the bank. Business times come as parameters; leases use clock_timestamp().
CREATE SCHEMA account_links;

-- One row for each account and partner: REQUESTED -> REGISTERING -> ACTIVE | FAILED; FAILED -> REQUESTED with the next seq, when
-- another request comes. The account's number is encrypted. request_id: the request in force. idempotency_key: under which the bank is
-- asked, made before the first call; only the bank's refusal, or a person's word, permits another. REGISTERING: perhaps sent, by the
-- holder of claim_token while the lease holds. next_look_at: when the job looks whether its message is lost, or it is due again; null
-- once it has ended, and while it is parked.
CREATE TABLE account_links.account_link (
  id bigint PRIMARY KEY,
  account_id text NOT NULL,
  partner text NOT NULL,
  account_number text NOT NULL,
  request_id text NOT NULL,
  seq integer NOT NULL DEFAULT 1,
  idempotency_key text NOT NULL,
  status text NOT NULL DEFAULT 'REQUESTED',
  fail_code text,
  requested_at timestamptz NOT NULL,
  -- Of the last change of status.
  status_since timestamptz NOT NULL,
  claim_token bigint,
  lease_until timestamptz,
  next_look_at timestamptz,
  CONSTRAINT account_link_once UNIQUE (account_id, partner),
  CONSTRAINT account_link_key_once UNIQUE (idempotency_key),
  CONSTRAINT account_link_status CHECK (status IN ('REQUESTED', 'REGISTERING', 'ACTIVE', 'FAILED')),
  CONSTRAINT account_link_failed_has_code CHECK ((status = 'FAILED') = (fail_code IS NOT NULL)),
  CONSTRAINT account_link_claim_is_whole CHECK ((claim_token IS NULL) = (lease_until IS NULL)),
  CONSTRAINT account_link_only_registering_is_claimed CHECK (claim_token IS NULL OR status = 'REGISTERING'),
  CONSTRAINT account_link_ended_is_not_looked_at CHECK (next_look_at IS NULL OR status IN ('REQUESTED', 'REGISTERING'))
);
CREATE INDEX account_link_open ON account_links.account_link (id, next_look_at) INCLUDE (status, requested_at)
  WHERE status IN ('REQUESTED', 'REGISTERING');

-- What did not work. TRANSIENT: tries of the link under its request that brought no word of the bank, with next_try_at -> again -> PARKED
-- (park_reason) | ended (ended_at). PERMANENT: what will never work: the bank's refusal, with the key that it stands under, or a request
-- that clashes with the link that there is.
CREATE TABLE account_links.account_link_failures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  link_id bigint NOT NULL REFERENCES account_links.account_link,
  request_id text NOT NULL,
  kind text NOT NULL,
  code text NOT NULL,
  error text NOT NULL,
  idempotency_key text,
  tries integer NOT NULL,
  failed_at timestamptz NOT NULL,
  next_try_at timestamptz,
  park_reason text,
  ended_at timestamptz,
  CONSTRAINT account_link_failure_once UNIQUE (link_id, request_id, kind),
  CONSTRAINT account_link_failure_kind CHECK (kind IN ('TRANSIENT', 'PERMANENT')),
  CONSTRAINT account_link_failure_waits_for_one CHECK (num_nonnulls(next_try_at, park_reason, ended_at) = 1),
  CONSTRAINT account_link_failure_permanent_has_ended CHECK (kind = 'TRANSIENT' OR ended_at IS NOT NULL)
);
CREATE INDEX account_link_failure_waiting ON account_links.account_link_failures (link_id) INCLUDE (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX account_link_failure_parked ON account_links.account_link_failures (link_id) INCLUDE (park_reason) WHERE park_reason IS NOT NULL;

SELECT weir.provide_outbox('account_links');
