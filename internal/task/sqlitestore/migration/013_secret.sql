-- +goose Up

-- Of a task that keeps secrets: when it ended, in microseconds since 1970 rounded up, 0
-- while it has not; NULL of one that keeps none. -1 is of an earlier program, which kept
-- them as they were: they are sealed when the store is opened.
ALTER TABLE task ADD COLUMN secret_at INTEGER;
UPDATE task SET secret_at = -1
    WHERE body ->> '$.options.password' <> ''
        OR body ->> '$.options.webhook.auth_token' <> '' OR body ->> '$.options.webhook.secret' <> '';

CREATE INDEX task_secret ON task (secret_at) WHERE secret_at IS NOT NULL;
