-- Up Migration
-- What the gateway says that it has captured under the payment's own transaction_key, so that people can compare it with what was asked for:
-- of a payment that is parked for its amount nothing else tells. Null where the gateway has not said it, or said it before this column was there.
ALTER TABLE payments.payment
  ADD COLUMN captured_minor bigint,
  ADD CONSTRAINT payment_captured_has_key CHECK (captured_minor IS NULL OR transaction_key IS NOT NULL) NOT VALID;
