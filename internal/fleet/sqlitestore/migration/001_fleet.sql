-- +goose Up

-- Times are microseconds since 1970, 0 for never. types begins, ends and is divided by
-- commas; failing is a JSON list of job ids, in which there may be none.
CREATE TABLE fleet_worker (
    id          TEXT    NOT NULL PRIMARY KEY,
    owner       TEXT    NOT NULL,
    types       TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    seen        INTEGER NOT NULL,
    drained     INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    failing     TEXT    NOT NULL,
    unconfirmed INTEGER NOT NULL,
    set_aside   INTEGER NOT NULL,
    penalty     INTEGER NOT NULL
) STRICT;

CREATE INDEX fleet_worker_seen ON fleet_worker (seen);
CREATE INDEX fleet_worker_owner ON fleet_worker (owner, seen);

-- How many workers belong to each key, so that a bound costs no counting.
CREATE TABLE fleet_owner (
    owner   TEXT    NOT NULL PRIMARY KEY,
    workers INTEGER NOT NULL
) STRICT;

CREATE TABLE fleet_server (
    name  TEXT    NOT NULL PRIMARY KEY,
    heard INTEGER NOT NULL
) STRICT;

-- One row: since when there have been servers, and when one was last heard of.
CREATE TABLE fleet_up (
    only  INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    since INTEGER NOT NULL,
    heard INTEGER NOT NULL
) STRICT;

