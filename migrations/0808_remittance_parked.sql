-- Up Migration
-- Failures that wait for a person are what is true of a remittance, whatever its own row says: they are counted at every scrape, and listed,
-- beside any number that have ended.
CREATE INDEX deposit_failure_parked ON remittance.kcd_bank_account_deposit_failures (request_id) INCLUDE (park_reason) WHERE park_reason IS NOT NULL;
CREATE INDEX withdrawal_failure_parked ON remittance.kcd_bank_account_withdrawal_failures (request_id) INCLUDE (park_reason) WHERE park_reason IS NOT NULL;
CREATE INDEX request_failure_parked ON remittance.biz_remittance_request_failures (request_id) INCLUDE (park_reason) WHERE park_reason IS NOT NULL;
