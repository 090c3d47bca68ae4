-- What the process that was started last wants of a schedule, {cron, zone, isEnabled, by}, while fires that were due before wait.
-- Whichever process decides the last of them puts it in force; null when what is in force is what is wanted.
ALTER TABLE weir.schedule ADD COLUMN wanted jsonb;
