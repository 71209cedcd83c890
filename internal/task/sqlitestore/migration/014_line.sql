-- +goose Up

-- Of whom an administrator's priority makes no difference: 0.
ALTER TABLE task ADD COLUMN precedence INTEGER NOT NULL DEFAULT 0;

-- Whose turn it is. A line is what waits of one owner: of kind 'run' tasks of one
-- precedence, of kind 'notice' notices. waiting and held are how many of them wait and how
-- many are in hand, kept by the triggers below whoever changes a task; a notice in hand
-- waits, too, for the end of its lease. served is the number of the line's last turn, 0
-- before the first.
CREATE TABLE task_line (
    kind       TEXT    NOT NULL,
    precedence INTEGER NOT NULL,
    owner      TEXT    NOT NULL,
    waiting    INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    served     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, precedence, owner)
) STRICT, WITHOUT ROWID;

INSERT INTO task_line (kind, precedence, owner, waiting, held)
    SELECT 'run', precedence, owner, sum(phase = 'queued'), sum(phase = 'running') FROM task
    WHERE phase IN ('queued', 'running') GROUP BY precedence, owner;
INSERT INTO task_line (kind, precedence, owner, waiting, held)
    SELECT 'notice', 0, owner, count(*), count(notice_holder) FROM task
    WHERE notice_at IS NOT NULL GROUP BY owner;

CREATE INDEX task_line_turn ON task_line (kind, precedence DESC, held, served, owner) WHERE waiting > 0;
CREATE INDEX task_line_served ON task_line (kind, served);

-- +goose StatementBegin
CREATE TRIGGER task_line_run_new AFTER INSERT ON task WHEN new.phase IN ('queued', 'running') BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('run', new.precedence, new.owner, new.phase = 'queued', new.phase = 'running')
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER task_line_run AFTER UPDATE OF phase ON task WHEN new.phase <> old.phase BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('run', new.precedence, new.owner,
            (new.phase = 'queued') - (old.phase = 'queued'), (new.phase = 'running') - (old.phase = 'running'))
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER task_line_notice_new AFTER INSERT ON task WHEN new.notice_at IS NOT NULL BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('notice', 0, new.owner, 1, new.notice_holder IS NOT NULL)
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER task_line_notice AFTER UPDATE OF notice_at, notice_holder ON task
    WHEN (new.notice_at IS NULL) <> (old.notice_at IS NULL) OR (new.notice_holder IS NULL) <> (old.notice_holder IS NULL) BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('notice', 0, new.owner,
            (new.notice_at IS NOT NULL) - (old.notice_at IS NOT NULL), (new.notice_holder IS NOT NULL) - (old.notice_holder IS NOT NULL))
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;
-- +goose StatementEnd

-- The queue of each line in the order of claims. Notices by line, with all that a look for
-- those that are due asks for.
DROP INDEX task_queue;
CREATE INDEX task_queue ON task (precedence, owner, priority DESC, submitted, run_at) WHERE phase = 'queued';
CREATE INDEX task_notice_line ON task (owner, notice_at, submitted, notice_host) WHERE notice_at IS NOT NULL;
