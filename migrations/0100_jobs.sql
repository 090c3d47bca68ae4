-- Jobs: run → partition → chunk. A run has a key and completes once; its partitions are claimed under a lease with a fencing
-- token; every chunk's transaction moves its partition's row, so a run can be read, resumed and taken over from here alone.
-- All times are the database's: leases of several machines are compared with each other.
CREATE SCHEMA IF NOT EXISTS weir;

CREATE TABLE weir.job_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL CHECK (job <> ''),
  key text NOT NULL CHECK (key <> ''),
  -- PLANNING → OPEN → COMPLETED; PLANNING and OPEN → FAILED or STOPPED → PLANNING or OPEN, when it is run again.
  status text NOT NULL DEFAULT 'PLANNING' CHECK (status IN ('PLANNING', 'OPEN', 'COMPLETED', 'FAILED', 'STOPPED')),
  plan_version integer NOT NULL CHECK (plan_version > 0),
  -- Rows that were put aside and not resolved since, of all partitions.
  skipped bigint NOT NULL DEFAULT 0 CHECK (skipped >= 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  planned_at timestamptz,
  finished_at timestamptz,
  -- The last failure; kept when the run goes on, so that a person sees what it recovered from.
  failure_code text,
  failure text,
  -- The lease of the run itself, for what one process does alone: the plan and the finish.
  token bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  not_before timestamptz,
  UNIQUE (job, key),
  CONSTRAINT lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
  CONSTRAINT lease_only_while_open CHECK (lease_owner IS NULL OR status IN ('PLANNING', 'OPEN')),
  CONSTRAINT ended_has_its_time CHECK ((finished_at IS NOT NULL) = (status IN ('COMPLETED', 'FAILED', 'STOPPED'))),
  CONSTRAINT open_is_planned CHECK (status NOT IN ('OPEN', 'COMPLETED') OR planned_at IS NOT NULL),
  CONSTRAINT planning_is_not_planned CHECK (status <> 'PLANNING' OR planned_at IS NULL),
  CONSTRAINT failed_has_its_reason CHECK (status <> 'FAILED' OR (failure_code IS NOT NULL AND failure IS NOT NULL))
);

CREATE INDEX job_run_unfinished ON weir.job_run (job) WHERE status IN ('PLANNING', 'OPEN');

-- Updated with every chunk: half-empty pages and no index on what changes keep those updates in place.
CREATE TABLE weir.job_partition (
  run_id bigint NOT NULL REFERENCES weir.job_run ON DELETE CASCADE,
  name text NOT NULL CHECK (name <> ''),
  ordinal integer NOT NULL,
  input jsonb NOT NULL,
  total bigint CHECK (total >= 0),
  -- WAITING → RUNNING (claimed) → COMPLETED; RUNNING → WAITING (handed back, or failed until not_before); RUNNING → RUNNING
  -- (taken over, token + 1); COMPLETED → WAITING (read again, after the check of the whole run failed).
  status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'RUNNING', 'COMPLETED')),
  token bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  chunks bigint NOT NULL DEFAULT 0,
  checkpoint text,
  published text,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_written bigint NOT NULL DEFAULT 0,
  rows_skipped bigint NOT NULL DEFAULT 0,
  rows_published bigint NOT NULL DEFAULT 0,
  rows_per_second double precision NOT NULL DEFAULT 0 CHECK (rows_per_second >= 0),
  failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failure_code text,
  failure text,
  not_before timestamptz,
  started_at timestamptz,
  updated_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (run_id, name),
  UNIQUE (run_id, ordinal),
  CONSTRAINT running_has_a_lease CHECK ((status = 'RUNNING') = (lease_owner IS NOT NULL)),
  CONSTRAINT lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
  CONSTRAINT begun_has_its_time CHECK (status = 'WAITING' OR started_at IS NOT NULL),
  CONSTRAINT completed_has_its_time CHECK ((status = 'COMPLETED') = (finished_at IS NOT NULL)),
  CONSTRAINT published_not_above_checkpoint CHECK (published IS NULL OR checkpoint IS NOT NULL),
  CONSTRAINT counts_agree CHECK (
    chunks >= 0 AND rows_written >= 0 AND rows_skipped >= 0 AND rows_published BETWEEN 0 AND rows_read
  )
) WITH (fillfactor = 50);

-- Rows that a job could not process, each with its reason; a row's position tells it within its partition.
CREATE TABLE weir.job_skip (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL,
  partition text NOT NULL,
  position text NOT NULL,
  stage text NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  skipped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the row was processed after all.
  resolved_at timestamptz,
  UNIQUE (run_id, partition, position),
  FOREIGN KEY (run_id, partition) REFERENCES weir.job_partition (run_id, name) ON DELETE CASCADE
);

CREATE INDEX job_skip_unresolved ON weir.job_skip (run_id, id) WHERE resolved_at IS NULL;
