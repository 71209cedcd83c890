-- Times are microseconds since 1970, 0 for never.
--
-- What a claim and a heartbeat read and write is one narrow row; what is long is beside it.
-- Rows are changed in place (HOT) as long as no index has what changes, for which pages
-- keep some room: no index has what a heartbeat writes.
CREATE TABLE job (
    id             text    COLLATE "C" PRIMARY KEY,
    seq            bigint  GENERATED ALWAYS AS IDENTITY,
    content_type   text    COLLATE "C" NOT NULL,
    status         text    COLLATE "C" NOT NULL,
    owner          text    COLLATE "C" NOT NULL,
    precedence     bigint  NOT NULL,
    priority       bigint  NOT NULL,
    task_id        text    COLLATE "C" NOT NULL,
    created        bigint  NOT NULL,
    completed      bigint  NOT NULL,
    available      bigint  NOT NULL,
    timeout_at     bigint  NOT NULL,
    started        bigint  NOT NULL,
    confirmed      bigint  NOT NULL,
    attempt        bigint  NOT NULL,
    revision       bigint  NOT NULL,
    worker         text    COLLATE "C" NOT NULL,
    claimed_by     text    COLLATE "C" NOT NULL,
    claim_id       text    COLLATE "C" NOT NULL,
    kept_for       text    COLLATE "C" NOT NULL, -- the only worker that may have it, until
    kept_until     bigint  NOT NULL,
    withheld_from  text    COLLATE "C" NOT NULL, -- the only worker that may not, until
    withheld_until bigint  NOT NULL,
    ready          boolean NOT NULL,             -- pending, and available since
    bytes          bigint  NOT NULL,             -- of the record and the result
    -- What a heartbeat writes.
    lease_until    bigint  NOT NULL,
    confirm_by     bigint  NOT NULL,
    progress       double precision NOT NULL,
    message        text    NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);

CREATE UNIQUE INDEX job_seq ON job (seq);
CREATE INDEX job_status ON job (status, seq);
-- The order of claims: of one type, by owner, what comes first of each.
CREATE INDEX job_ready ON job (content_type, precedence, owner, priority DESC, created, seq) WHERE ready;
CREATE INDEX job_kept ON job (kept_until) WHERE ready AND kept_for <> '';
CREATE INDEX job_waiting ON job (available) WHERE status = 'pending' AND NOT ready;
CREATE INDEX job_deadline ON job (timeout_at, id) WHERE status = 'pending';
CREATE INDEX job_oldest ON job (content_type, created) WHERE status = 'pending';
CREATE INDEX job_held ON job (precedence, owner) WHERE status = 'processing';
CREATE INDEX job_claim ON job (claim_id) WHERE status = 'processing';
CREATE INDEX job_over ON job (completed, id) WHERE status NOT IN ('pending', 'processing');

CREATE TABLE job_record (
    id     text  COLLATE "C" PRIMARY KEY,
    record bytea NOT NULL -- JSON, without the result
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);

CREATE TABLE job_result (
    id     text  COLLATE "C" PRIMARY KEY,
    result bytea NOT NULL -- JSON
);

-- When owners had their last turn, by a number that grows.
CREATE TABLE job_turn (
    precedence bigint NOT NULL,
    owner      text   COLLATE "C" NOT NULL,
    served     bigint NOT NULL,
    PRIMARY KEY (precedence, owner)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE SEQUENCE job_turn_number;

-- How many jobs there are, as changes that are added up now and then: a counter would be a
-- row that all changes wait for.
CREATE TABLE job_count (
    content_type text   COLLATE "C" NOT NULL,
    status       text   COLLATE "C" NOT NULL,
    owner        text   COLLATE "C" NOT NULL,
    jobs         bigint NOT NULL,
    bytes        bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION job_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN
        INSERT INTO job_count VALUES (NEW.content_type, NEW.status, NEW.owner, 0, NEW.bytes - OLD.bytes);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO job_count VALUES (OLD.content_type, OLD.status, OLD.owner, -1, -OLD.bytes);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO job_count VALUES (NEW.content_type, NEW.status, NEW.owner, 1, NEW.bytes);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER job_counted AFTER INSERT OR DELETE ON job FOR EACH ROW EXECUTE FUNCTION job_counted();
CREATE TRIGGER job_counted_change AFTER UPDATE OF status, bytes ON job FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.bytes <> NEW.bytes) EXECUTE FUNCTION job_counted();

-- What was changed last. Followed by the numbers of transactions: what is smaller than the
-- oldest that runs is all there is of it.
CREATE TABLE job_change (
    xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    n   int    NOT NULL,
    id  text   COLLATE "C" NOT NULL,
    PRIMARY KEY (xid, n)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- One row: up to which transaction changes were dropped.
CREATE TABLE job_change_dropped (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    xid bigint  NOT NULL
);

INSERT INTO job_change_dropped (xid) VALUES (0);

-- The servers that have the jobs open, and when each was last heard of by this clock.
CREATE TABLE job_server (
    name  text   PRIMARY KEY,
    heard bigint NOT NULL
);
