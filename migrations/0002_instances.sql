-- Up Migration
-- Processes take a number at start, for the identifiers they make: 1,024 of them may run at the same time.
CREATE SEQUENCE weir.instance_node MINVALUE 0 MAXVALUE 1023 CYCLE;
