-- Up Migration
-- Outboxes and inboxes: a system that publishes what its transactions did has one of each in its schema, and says so in a line of its
-- migration: SELECT weir.provide_outbox('payments').
-- outbox holds what is to be published; rows are inserted by the transaction that did it and deleted when the broker has it. A relay
-- takes a lane of a topic at a time, in the order of ids; rows of one key are in one lane. not_before: calendar time, before which a row
-- is not there for relays.
-- inbox holds which messages a consumer has had.
CREATE FUNCTION weir.provide_outbox(schema_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- The lane is the low three bits of the hash: a number from 0 to 7, of a negative one too.
  -- A table that is nearly empty at its best is vacuumed by the number of rows that were deleted, not by their share.
  EXECUTE format($ddl$
    CREATE TABLE %1$I.outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      topic text NOT NULL CHECK (topic <> ''),
      key text NOT NULL,
      lane smallint NOT NULL GENERATED ALWAYS AS ((hashtextextended(key, 0) & 7)::smallint) STORED,
      headers jsonb NOT NULL CHECK (jsonb_typeof(headers) = 'object'),
      value bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      not_before timestamptz NOT NULL DEFAULT '-infinity'
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
  $ddl$, schema_name);
  EXECUTE format('CREATE INDEX outbox_lane ON %1$I.outbox (topic, lane, not_before, id)', schema_name);
  EXECUTE format($ddl$
    CREATE TABLE %1$I.inbox (
      consumer text NOT NULL CHECK (consumer <> ''),
      event_id text NOT NULL CHECK (event_id <> ''),
      received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (consumer, event_id)
    )
  $ddl$, schema_name);
  EXECUTE format('CREATE INDEX inbox_received ON %1$I.inbox (received_at)', schema_name);
END
$$;
