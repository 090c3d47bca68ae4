-- Up Migration
-- What operators do: who may (api_token), what they did (audit), and what became of dead letters. Times are parameters; leases
-- use clock_timestamp().

-- A token is `weir_<id>_<secret>`; of the secret, 256 random bits, only the SHA-256 is kept. A name is never given twice, so that
-- the audit tells who acted.
CREATE TABLE weir.api_token (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$'),
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL CHECK (created_by <> ''),
  revoked_at timestamptz,
  revoked_by text,
  CONSTRAINT revoked_is_whole CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- Every action that was done, in the transaction that did it. role: of the token; `database` for commands that use the database
-- directly, whose actor is `cli:user@host`. input is masked where it is personal.
CREATE TABLE weir.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL CHECK (actor <> ''),
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'database')),
  action text NOT NULL CHECK (action <> ''),
  target text,
  reason text NOT NULL CHECK (reason <> ''),
  input jsonb NOT NULL,
  result jsonb NOT NULL
);
CREATE INDEX audit_action ON weir.audit (action, id);

-- One replay of a frozen selection of dead letters: RUNNING -> COMPLETED. One process at a time works on it, under a lease with a
-- fencing token.
CREATE TABLE weir.dead_letter_replay (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL CHECK (topic <> ''),
  state text NOT NULL DEFAULT 'RUNNING' CHECK (state IN ('RUNNING', 'COMPLETED')),
  selected bigint NOT NULL CHECK (selected > 0),
  per_second integer NOT NULL CHECK (per_second > 0),
  actor text NOT NULL,
  begun_at timestamptz NOT NULL,
  finished_at timestamptz,
  token bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  CONSTRAINT completed_has_its_time CHECK ((state = 'COMPLETED') = (finished_at IS NOT NULL)),
  CONSTRAINT lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);
CREATE INDEX dead_letter_replay_running ON weir.dead_letter_replay (id) WHERE state = 'RUNNING';

-- What became of a dead letter; without a row it is open. REPLAYING -> REPLAYED, GONE (trimmed away before its turn) or REFUSED
-- (the topic does not take it; open again). Open -> DISCARDED. A crash while it is REPLAYING publishes it again.
CREATE TABLE weir.dead_letter_action (
  topic text NOT NULL,
  position text NOT NULL,
  state text NOT NULL CHECK (state IN ('REPLAYING', 'REPLAYED', 'REFUSED', 'GONE', 'DISCARDED')),
  at timestamptz NOT NULL,
  -- Of the replay, in the order in which they died; none when it was discarded.
  replay_id bigint REFERENCES weir.dead_letter_replay,
  ordinal integer,
  -- Who discarded it, or why it was refused.
  note text,
  PRIMARY KEY (topic, position),
  CONSTRAINT replayed_or_discarded CHECK ((state = 'DISCARDED') = (replay_id IS NULL)),
  CONSTRAINT ordinal_within_replay CHECK ((replay_id IS NULL) = (ordinal IS NULL))
);
CREATE INDEX dead_letter_action_replay ON weir.dead_letter_action (replay_id, state, ordinal);
