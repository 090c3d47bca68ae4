-- Schedules: a ledger of fire times. A fire and the run that it opens are written by one transaction that holds the schedule's row,
-- so any number of processes fire once, and after a crash either both rows are there or neither.
-- fire_at, first_seen_at and handled_until are calendar time, of the processes; the others are the database's.
CREATE TABLE weir.schedule (
  name text PRIMARY KEY CHECK (name <> ''),
  job text NOT NULL,
  -- As the process that was started last has set it. Every process fires by this row.
  cron text NOT NULL,
  zone text NOT NULL,
  is_enabled boolean NOT NULL,
  first_seen_at timestamptz NOT NULL,
  -- Every fire time after first_seen_at and up to here has its row below, or had it before it was forgotten; none later has.
  handled_until timestamptz NOT NULL,
  CONSTRAINT handled_since_first_seen CHECK (handled_until >= first_seen_at)
);

CREATE TABLE weir.schedule_fire (
  schedule text NOT NULL REFERENCES weir.schedule (name),
  fire_at timestamptz NOT NULL,
  -- STARTED: its run was opened. SKIPPED: it was time, and it was left out. MISSED: it was found too late.
  state text NOT NULL CHECK (state IN ('STARTED', 'SKIPPED', 'MISSED')),
  run_id bigint REFERENCES weir.job_run ON DELETE CASCADE,
  reason text,
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (schedule, fire_at),
  CONSTRAINT started_has_its_run CHECK ((state = 'STARTED') = (run_id IS NOT NULL)),
  CONSTRAINT others_have_their_reason CHECK ((state = 'STARTED') = (reason IS NULL))
);

CREATE INDEX schedule_fire_run ON weir.schedule_fire (run_id) WHERE run_id IS NOT NULL;
-- The latest run of a schedule, behind however many fires that opened none.
CREATE INDEX schedule_fire_started ON weir.schedule_fire (schedule, fire_at) WHERE run_id IS NOT NULL;
-- What is late: few rows among very many that completed.
CREATE INDEX job_run_uncompleted ON weir.job_run (id) WHERE status IN ('PLANNING', 'OPEN', 'FAILED');
