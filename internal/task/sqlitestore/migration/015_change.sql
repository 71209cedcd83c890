-- +goose Up

-- The number of the last change of a task: each change is given the next one. 0 is of what
-- was changed before there were any.
ALTER TABLE task ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX task_changed ON task (changed);
