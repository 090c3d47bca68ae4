-- What operators do to bills, and the log of failed mails that they read.

-- A dead letter completes the row of its bill that none has completed yet.
CREATE INDEX email_fail_log_incomplete ON billing.email_fail_log (billing_id, id) WHERE origin IS NULL;
-- What is shown of one bill.
CREATE INDEX email_fail_log_bill ON billing.email_fail_log (billing_id, failed_at);
