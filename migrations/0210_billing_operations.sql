-- What operators do to bills, and the log of failed mails that they read.

-- A dead letter completes the row of its bill that none has completed yet.
CREATE INDEX email_fail_log_incomplete ON billing.email_fail_log (billing_id, id) WHERE origin IS NULL;
-- What is shown of one bill.
CREATE INDEX email_fail_log_bill ON billing.email_fail_log (billing_id, failed_at);

-- Bounds of an SMS that was asked for (SENDING with the attempt's channel SMS; while nobody holds it, with a lease that never runs
-- out). text_not_before: it is due to be published then, or the endpoint would not take it earlier; until a redispatch has published
-- it. text_not_after: somebody who held it died and may have sent it, and the endpoint remembers its key until then.
ALTER TABLE billing.billing_p
  ADD COLUMN text_not_before timestamptz,
  ADD COLUMN text_not_after timestamptz,
  ADD CONSTRAINT billing_only_waiting_text_has_not_before CHECK (text_not_before IS NULL OR (lease_until = 'infinity') IS TRUE),
  ADD CONSTRAINT billing_only_held_text_has_not_after CHECK (text_not_after IS NULL OR lease_until IS NOT NULL);
