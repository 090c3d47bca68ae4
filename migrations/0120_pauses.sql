-- Up Migration
-- Pipelines that an operator has paused: every process that runs one reads nothing for it until the row is gone, over restarts.
CREATE TABLE weir.pipeline_pause (
  pipeline text PRIMARY KEY CHECK (pipeline <> ''),
  actor text NOT NULL CHECK (actor <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  -- Calendar time.
  paused_at timestamptz NOT NULL
);
