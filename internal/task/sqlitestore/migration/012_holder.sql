-- +goose Up

-- The deliverer that has the pending notice of a task in hand, NULL without one.
ALTER TABLE task ADD COLUMN notice_holder TEXT;

CREATE INDEX task_notice_holder ON task (notice_holder) WHERE notice_holder IS NOT NULL;
