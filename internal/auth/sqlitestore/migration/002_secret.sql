-- +goose Up

-- IF NOT EXISTS: a server and `morag keys` may migrate a file at the same time.
CREATE TABLE IF NOT EXISTS auth_secret (
    name   TEXT PRIMARY KEY,
    secret BLOB NOT NULL
) STRICT;
