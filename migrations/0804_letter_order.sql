-- Up Migration
-- The order of dead letters among those of their topic, of which positions tell by their numbers (4711, 1767225600000-0): what became of
-- those that the bus still has is asked for without those that it has trimmed.
CREATE FUNCTION weir.letter_order(place text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN lpad(split_part(place, '-', 1), 20, '0') || lpad(split_part(place, '-', 2), 20, '0');

ALTER TABLE weir.dead_letter_action
  ADD COLUMN letter_order text COLLATE "C" GENERATED ALWAYS AS (weir.letter_order(position)) STORED;
CREATE INDEX dead_letter_action_order ON weir.dead_letter_action (topic, letter_order, state);
