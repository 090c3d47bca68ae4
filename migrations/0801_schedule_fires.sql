-- Up Migration
-- Who had paused the schedule of a fire that was skipped because of it; null for every other fire. Such a fire is told of until the run of
-- its key is there.
ALTER TABLE weir.schedule_fire ADD COLUMN paused_by text,
  ADD CONSTRAINT paused_is_skipped CHECK (paused_by IS NULL OR state = 'SKIPPED');
UPDATE weir.schedule_fire SET paused_by = substring(reason FROM '^(.*) has paused the schedule$')
WHERE state = 'SKIPPED' AND reason LIKE '% has paused the schedule';

CREATE INDEX schedule_fire_paused ON weir.schedule_fire (schedule, fire_at) WHERE paused_by IS NOT NULL;
-- What was missed, among very many that were not.
CREATE INDEX schedule_fire_missed ON weir.schedule_fire (schedule) WHERE state = 'MISSED';

-- Runs of a job that wait for a person, behind however many others.
CREATE INDEX job_run_put_aside ON weir.job_run (job, id) WHERE skipped > 0;
CREATE INDEX job_run_failed ON weir.job_run (job, id) WHERE status = 'FAILED';
