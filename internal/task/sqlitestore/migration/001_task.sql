-- +goose Up

-- A task is its body; the columns repeat what queries ask for. Two of them are the
-- truth where the body differs: submitted, which the insert gives, and lease_until,
-- which renewals move without touching the body. Times are microseconds since 1970,
-- rounded up; 0 is no lease.
CREATE TABLE task (
    submitted     INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    owner         TEXT    NOT NULL,
    phase         TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    priority      INTEGER NOT NULL,
    run_at        INTEGER NOT NULL,
    runner        TEXT    NOT NULL,
    lease_until   INTEGER NOT NULL,
    remote_job_id TEXT,
    body          TEXT    NOT NULL
) STRICT;

-- The queue in the order of claims, and by when the next may run.
CREATE INDEX task_queue ON task (priority DESC, submitted, run_at) WHERE phase = 'queued';
CREATE INDEX task_due ON task (run_at) WHERE phase = 'queued';

CREATE INDEX task_running ON task (runner, lease_until) WHERE phase = 'running';
CREATE INDEX task_waiting ON task (submitted) WHERE phase = 'waiting';
CREATE INDEX task_remote_job ON task (remote_job_id) WHERE remote_job_id IS NOT NULL;

-- Lists, newest first, and counts.
CREATE INDEX task_status ON task (status, submitted);
CREATE INDEX task_owner ON task (owner, submitted);
CREATE INDEX task_owner_status ON task (owner, status, submitted);
