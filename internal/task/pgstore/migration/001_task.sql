-- Times are microseconds since 1970, 0 for never. What the columns repeat of the body is
-- there for queries.
CREATE TABLE task (
    submitted     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text    COLLATE "C" NOT NULL UNIQUE,
    owner         text    COLLATE "C" NOT NULL,
    phase         text    COLLATE "C" NOT NULL,
    status        text    COLLATE "C" NOT NULL,
    precedence    bigint  NOT NULL,
    priority      bigint  NOT NULL,
    run_at        bigint  NOT NULL,
    runner        text    COLLATE "C" NOT NULL,
    attempt       bigint  NOT NULL,
    remote_job_id text    COLLATE "C",
    job_deadline  bigint  NOT NULL,
    fall_back     text    COLLATE "C" NOT NULL,
    orphaned      boolean NOT NULL,
    batch         text    COLLATE "C",
    notice_at     bigint,
    notice_host   text    COLLATE "C",
    notice_holder text    COLLATE "C",
    secret_at     bigint,
    changed_xid   bigint  NOT NULL, -- the transaction of the last change, and its number there
    changed_n     bigint  NOT NULL,
    -- What a renewal writes; no index has it.
    lease_until   bigint  NOT NULL,
    done          double precision,
    message       text,
    body          text    NOT NULL -- JSON
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 1);

CREATE INDEX task_due ON task (run_at) WHERE phase = 'queued';
CREATE INDEX task_queue ON task (precedence, owner, priority DESC, submitted) WHERE phase = 'queued';
CREATE INDEX task_running ON task (precedence, owner) WHERE phase = 'running';
CREATE INDEX task_waiting ON task (submitted) WHERE phase = 'waiting' AND remote_job_id IS NULL;
CREATE INDEX task_status ON task (status, submitted);
CREATE INDEX task_owner ON task (owner, submitted);
CREATE INDEX task_owner_status ON task (owner, status, submitted);
CREATE INDEX task_notice ON task (notice_at) WHERE notice_at IS NOT NULL;
CREATE INDEX task_notice_line ON task (owner, notice_at, submitted) WHERE notice_at IS NOT NULL;
CREATE INDEX task_notice_holder ON task (notice_holder) WHERE notice_holder IS NOT NULL;
CREATE INDEX task_job_wait ON task (submitted) WHERE job_deadline > 0;
CREATE INDEX task_job_deadline ON task (job_deadline) WHERE job_deadline > 0;
CREATE INDEX task_fall_back ON task (fall_back, submitted) WHERE fall_back <> '';
CREATE INDEX task_orphaned ON task (submitted) WHERE orphaned;
CREATE INDEX task_batch ON task (batch, status, submitted) WHERE batch IS NOT NULL;
CREATE INDEX task_secret ON task (secret_at) WHERE secret_at IS NOT NULL;
CREATE UNIQUE INDEX task_changed ON task (changed_xid, changed_n);

-- When owners had their last turn, by a number that grows.
CREATE TABLE task_turn (
    kind       text   COLLATE "C" NOT NULL, -- "run" or "notice"
    precedence bigint NOT NULL,
    owner      text   COLLATE "C" NOT NULL,
    served     bigint NOT NULL,
    PRIMARY KEY (kind, precedence, owner)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE SEQUENCE task_turn_number;
