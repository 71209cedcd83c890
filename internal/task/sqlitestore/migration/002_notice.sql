-- +goose Up

-- When the pending notice of a task is to be tried, in microseconds since 1970, rounded
-- up, and at which host; NULL without one.
ALTER TABLE task ADD COLUMN notice_at INTEGER;
ALTER TABLE task ADD COLUMN notice_host TEXT;

-- All that a look for due notices asks for, so that it passes over those of a busy host
-- without reading their rows.
CREATE INDEX task_notice ON task (notice_at, submitted, notice_host) WHERE notice_at IS NOT NULL;
