-- +goose Up

-- Browsers that have logged in. Of the secret in a cookie only a SHA-256 is here; expires is
-- microseconds since 1970.
-- IF NOT EXISTS: a server and `morag keys` may migrate a file at the same time.
CREATE TABLE IF NOT EXISTS auth_session (
    hash    BLOB    PRIMARY KEY,
    key_id  TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS auth_session_key ON auth_session (key_id, expires);
CREATE INDEX IF NOT EXISTS auth_session_expires ON auth_session (expires);
