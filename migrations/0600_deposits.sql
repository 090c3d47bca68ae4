-- Deposits: what customers have for overseas trades. The ledger's sums move money; what stands in Redis are projections of it.
-- Amounts are integer minor units. Business times and days come as parameters.
CREATE SCHEMA deposits;

-- A balance is the sum of the account's applied rows. The version is raised, under the row's lock, by everything that changes the account
-- or its ledger: of two projections the one with the higher version is newer.
CREATE TABLE deposits.account (
  user_id bigint PRIMARY KEY,
  balance_minor bigint NOT NULL DEFAULT 0,
  ledger_version bigint NOT NULL DEFAULT 0,
  -- The night that moved it last.
  settled_on date,
  CONSTRAINT account_user_positive CHECK (user_id > 0),
  CONSTRAINT account_version_never_negative CHECK (ledger_version >= 0)
) WITH (fillfactor = 80);

-- What moves a balance, once for each fill and kind. OPENING: what an account began with. FILL: a trade, due on its second business day.
-- CANCEL: takes a fill back. IMPORT: what another program had staged in Redis without a row of its own. A row that is applied is in the
-- balance; it never changes again.
CREATE TABLE deposits.ledger (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES deposits.account,
  fill_id text NOT NULL,
  kind text NOT NULL,
  amount_minor bigint NOT NULL,
  -- Of a trade: the exchange, and the date there.
  market text,
  trade_day date,
  -- The night from which on it counts: of what came late, the night after it came.
  due_on date NOT NULL,
  applied_on date,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT ledger_once UNIQUE (fill_id, kind),
  CONSTRAINT ledger_kind CHECK (kind IN ('OPENING', 'FILL', 'CANCEL', 'IMPORT')),
  CONSTRAINT ledger_trade_has_its_day CHECK ((kind IN ('FILL', 'CANCEL')) = (market IS NOT NULL AND trade_day IS NOT NULL)),
  CONSTRAINT ledger_applied_when_due CHECK (applied_on >= due_on)
);
CREATE INDEX ledger_of_user ON deposits.ledger (user_id, due_on) INCLUDE (amount_minor, applied_on);
CREATE INDEX ledger_unapplied ON deposits.ledger (user_id, due_on) INCLUDE (amount_minor) WHERE applied_on IS NULL;
CREATE INDEX ledger_due ON deposits.ledger (due_on) WHERE applied_on IS NULL;

-- Cancellations whose fill has not come yet. One that names the wrong user must not stand in the way of the right one.
CREATE TABLE deposits.early_cancellation (
  fill_id text NOT NULL,
  user_id bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (fill_id, user_id)
);
CREATE INDEX early_cancellation_age ON deposits.early_cancellation (recorded_at);

-- What stood in Redis and is no projection of the ledger: the key and its bytes, with why it was not believed. Kept for a person.
CREATE TABLE deposits.put_aside (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  redis_key text NOT NULL,
  value bytea NOT NULL,
  reason text NOT NULL,
  found_at timestamptz NOT NULL,
  CONSTRAINT put_aside_reason CHECK (reason IN ('notAnInteger', 'notAKey', 'noAccount', 'notTheLedgers'))
);
-- By their hashes, since an index takes no text of any length.
CREATE UNIQUE INDEX put_aside_once ON deposits.put_aside (md5(redis_key), md5(value));
CREATE INDEX put_aside_found ON deposits.put_aside (found_at, reason);
