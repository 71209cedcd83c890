-- +goose Up

-- Who does what keeps the house in order. Times are microseconds since 1970, 0 for none.
CREATE TABLE duty (
    name        TEXT    PRIMARY KEY,
    holder      TEXT    NOT NULL DEFAULT '',
    epoch       INTEGER NOT NULL DEFAULT 0,
    progress    TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
