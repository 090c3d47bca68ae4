-- Up Migration
-- Who may use the public API, and for which accounts. A token is `weirapi_<id>_<secret>`; of the secret, 256 random bits, only the
-- SHA-256 is kept. A name is never given twice, so that what a caller did is told apart for good. accounts: the ids of the systems,
-- which the house does not read; who has none may only use what is no one's.
CREATE TABLE weir.api_caller (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$'),
  accounts text[] NOT NULL CHECK (cardinality(accounts) <= 1000 AND array_position(accounts, NULL) IS NULL),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL CHECK (created_by <> ''),
  revoked_at timestamptz,
  revoked_by text,
  CONSTRAINT revoked_is_whole CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
