-- Up Migration
-- How people are let in by the page, and how long a token is good. Ends are told by the database's clock: a calendar that is moved neither
-- ends nor lengthens what was granted.
ALTER TABLE weir.api_token ADD COLUMN ends_at timestamptz;

-- A session stands for the token that opened it, and is good as long as that is. Of its secret, 256 random bits in a cookie, only the
-- SHA-256 is kept.
CREATE TABLE weir.console_session (
  hash bytea PRIMARY KEY CHECK (length(hash) = 32),
  token_id bigint NOT NULL REFERENCES weir.api_token,
  ends_at timestamptz NOT NULL
);
CREATE INDEX console_session_end ON weir.console_session (ends_at);

-- A schedule that an operator has paused, in every daemon and beyond their restarts: its fires are recorded as skipped.
CREATE TABLE weir.schedule_pause (
  schedule text PRIMARY KEY CHECK (schedule <> ''),
  actor text NOT NULL CHECK (actor <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  paused_at timestamptz NOT NULL
);

-- The latest run of each job, behind however many of others.
CREATE INDEX job_run_latest ON weir.job_run (job, id);
