-- Up Migration
-- In a transaction of its own: payments are read and written while their rows are looked at.
ALTER TABLE payments.payment VALIDATE CONSTRAINT payment_captured_has_key;
