-- +goose Up

-- Times are microseconds since 1970, 0 for never. Of a secret only its SHA-256 is here.
-- IF NOT EXISTS: a server and `morag keys` may migrate a new file at the same time.
CREATE TABLE IF NOT EXISTS auth_key (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    role      TEXT    NOT NULL,
    scope_all INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    created   INTEGER NOT NULL,
    used      INTEGER NOT NULL DEFAULT 0,
    revoked   INTEGER NOT NULL DEFAULT 0
) STRICT;
