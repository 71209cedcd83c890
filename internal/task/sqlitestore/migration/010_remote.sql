-- +goose Up

-- Of a task that waits for a remote job: until when, in microseconds since 1970 rounded
-- up, and its content type if it can do without the job. orphaned is 1 for a task that
-- has ended while its job is not known to have.
ALTER TABLE task ADD COLUMN job_deadline INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN fall_back TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN orphaned INTEGER NOT NULL DEFAULT 0;

UPDATE task SET
    job_deadline = max(1, CAST(ceil(unixepoch(body ->> '$.remote.deadline', 'subsec') * 1000000) AS INTEGER)),
    fall_back = iif(body ->> '$.options.no_fallback', '', body ->> '$.source.content_type')
    WHERE phase = 'waiting' AND remote_job_id IS NOT NULL;
UPDATE task SET orphaned = 1
    WHERE phase = 'ended' AND remote_job_id IS NOT NULL
        AND body ->> '$.remote.done' IS NULL AND body ->> '$.remote.gave_up' IS NULL;

CREATE INDEX task_job_wait ON task (submitted) WHERE job_deadline > 0;
CREATE INDEX task_job_deadline ON task (job_deadline) WHERE job_deadline > 0;
CREATE INDEX task_fall_back ON task (fall_back, submitted) WHERE fall_back <> '';
CREATE INDEX task_orphaned ON task (submitted) WHERE orphaned = 1;
