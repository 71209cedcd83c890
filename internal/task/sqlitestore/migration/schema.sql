-- What the migrations make of a new file, in one go: a migration is to be here, too.
-- Why each is there is told in them.

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
    body          TEXT    NOT NULL,
    notice_at     INTEGER,
    notice_host   TEXT,
    attempt       INTEGER NOT NULL DEFAULT 0,
    done          REAL,
    message       TEXT,
    job_deadline  INTEGER NOT NULL DEFAULT 0,
    fall_back     TEXT NOT NULL DEFAULT '',
    orphaned      INTEGER NOT NULL DEFAULT 0,
    batch         TEXT,
    notice_holder TEXT,
    secret_at     INTEGER,
    precedence    INTEGER NOT NULL DEFAULT 0,
    changed       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX task_due ON task (run_at) WHERE phase = 'queued';
CREATE INDEX task_running ON task (runner, lease_until) WHERE phase = 'running';
CREATE INDEX task_waiting ON task (submitted) WHERE phase = 'waiting';
CREATE INDEX task_remote_job ON task (remote_job_id) WHERE remote_job_id IS NOT NULL;
CREATE INDEX task_status ON task (status, submitted);
CREATE INDEX task_owner ON task (owner, submitted);
CREATE INDEX task_owner_status ON task (owner, status, submitted);
CREATE INDEX task_notice ON task (notice_at, submitted, notice_host) WHERE notice_at IS NOT NULL;
CREATE INDEX task_job_wait ON task (submitted) WHERE job_deadline > 0;
CREATE INDEX task_job_deadline ON task (job_deadline) WHERE job_deadline > 0;
CREATE INDEX task_fall_back ON task (fall_back, submitted) WHERE fall_back <> '';
CREATE INDEX task_orphaned ON task (submitted) WHERE orphaned = 1;
CREATE INDEX task_batch ON task (batch, status, submitted) WHERE batch IS NOT NULL;
CREATE INDEX task_notice_holder ON task (notice_holder) WHERE notice_holder IS NOT NULL;
CREATE INDEX task_changed ON task (changed);
CREATE INDEX task_secret ON task (secret_at) WHERE secret_at IS NOT NULL;

CREATE TABLE task_line (
    kind       TEXT    NOT NULL,
    precedence INTEGER NOT NULL,
    owner      TEXT    NOT NULL,
    waiting    INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    served     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, precedence, owner)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_line_turn ON task_line (kind, precedence DESC, held, served, owner) WHERE waiting > 0;
CREATE INDEX task_line_served ON task_line (kind, served);

CREATE TRIGGER task_line_run_new AFTER INSERT ON task WHEN new.phase IN ('queued', 'running') BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('run', new.precedence, new.owner, new.phase = 'queued', new.phase = 'running')
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;

CREATE TRIGGER task_line_run AFTER UPDATE OF phase ON task WHEN new.phase <> old.phase BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('run', new.precedence, new.owner,
            (new.phase = 'queued') - (old.phase = 'queued'), (new.phase = 'running') - (old.phase = 'running'))
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;

CREATE TRIGGER task_line_notice_new AFTER INSERT ON task WHEN new.notice_at IS NOT NULL BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('notice', 0, new.owner, 1, new.notice_holder IS NOT NULL)
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;

CREATE TRIGGER task_line_notice AFTER UPDATE OF notice_at, notice_holder ON task
    WHEN (new.notice_at IS NULL) <> (old.notice_at IS NULL) OR (new.notice_holder IS NULL) <> (old.notice_holder IS NULL) BEGIN
    INSERT INTO task_line (kind, precedence, owner, waiting, held)
        VALUES ('notice', 0, new.owner,
            (new.notice_at IS NOT NULL) - (old.notice_at IS NOT NULL), (new.notice_holder IS NOT NULL) - (old.notice_holder IS NOT NULL))
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, held = held + excluded.held;
END;

CREATE INDEX task_queue ON task (precedence, owner, priority DESC, submitted, run_at) WHERE phase = 'queued';
CREATE INDEX task_notice_line ON task (owner, notice_at, submitted, notice_host) WHERE notice_at IS NOT NULL;
