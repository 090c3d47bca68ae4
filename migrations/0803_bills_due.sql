-- Up Migration
-- What is asked of all months at every scrape, however much waits beside it: the bill that has waited longest for its time, and the bills that
-- wait for a person. Ordered by what is looked for, so that the planner reads them from their beginning whatever the statistics say.
CREATE INDEX billing_p_due ON billing.billing_p (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX billing_p_parked ON billing.billing_p (park_reason) WHERE park_reason IS NOT NULL;
