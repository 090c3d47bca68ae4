-- Up Migration
-- The house's own schema. Migrations are numbered (0100 jobs, 0200 billing, …: a range for each part), go forward only, and
-- expand first: what a running program still uses is contracted in a later release. weir.migrations is kept by the migrator.
CREATE SCHEMA IF NOT EXISTS weir;

-- Migrations that every program must know to run on this schema. A migration that takes something away adds its own name here,
-- and programs that do not ship it refuse to start instead of failing statement by statement.
CREATE TABLE weir.schema_compatibility (
  name text PRIMARY KEY CHECK (name ~ '^[0-9]{4}_'),
  reason text NOT NULL
);
