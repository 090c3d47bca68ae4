-- Up Migration
-- Right after a night the statistics say that nothing waits, and then either index of what waits looks as good as the other to the planner:
-- this one holds users too, so that what waits of one user is few steps away in both.
CREATE INDEX ledger_due_of_user ON deposits.ledger (due_on, user_id) WHERE applied_on IS NULL;
DROP INDEX deposits.ledger_due;
ALTER INDEX deposits.ledger_due_of_user RENAME TO ledger_due;
