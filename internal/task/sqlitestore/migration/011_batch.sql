-- +goose Up

-- The batch that a task is an item of, NULL without one.
ALTER TABLE task ADD COLUMN batch TEXT;
UPDATE task SET batch = body ->> '$.batch' WHERE body ->> '$.batch' <> '';

-- What counts the items of a batch, lists them, and finds that none is under way.
CREATE INDEX task_batch ON task (batch, status, submitted) WHERE batch IS NOT NULL;
