-- Times are microseconds since 1970, 0 for never. types begins, ends and is divided by
-- commas; failing is a JSON list of job ids, in which there may be none.
CREATE TABLE fleet_worker (
    id          text    COLLATE "C" PRIMARY KEY,
    owner       text    COLLATE "C" NOT NULL,
    types       text    NOT NULL,
    version     text    NOT NULL,
    seen        bigint  NOT NULL,
    drained     boolean NOT NULL,
    done        bigint  NOT NULL,
    failed      bigint  NOT NULL,
    failing     text    NOT NULL,
    unconfirmed bigint  NOT NULL,
    set_aside   bigint  NOT NULL,
    penalty     bigint  NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

CREATE INDEX fleet_worker_seen ON fleet_worker (seen, id);
CREATE INDEX fleet_worker_owner ON fleet_worker (owner, seen);

-- How many workers belong to each key, so that a bound costs no counting.
CREATE TABLE fleet_owner (
    owner   text   COLLATE "C" PRIMARY KEY,
    workers bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE fleet_server (
    name  text   COLLATE "C" PRIMARY KEY,
    heard bigint NOT NULL
) WITH (fillfactor = 50);

-- One row: since when there have been servers, and when one was last heard of.
CREATE TABLE fleet_up (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    since bigint  NOT NULL,
    heard bigint  NOT NULL
) WITH (fillfactor = 50);
