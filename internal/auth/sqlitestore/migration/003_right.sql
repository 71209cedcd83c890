-- +goose Up

-- What a key may besides its role and its scope: kind "manage" is to change the things of
-- every name, "worker_id" to speak, alone of all names, as the worker that value names.
-- IF NOT EXISTS: a server and `morag keys` may migrate a file at the same time.
CREATE TABLE IF NOT EXISTS auth_right (
    key_id TEXT NOT NULL,
    kind   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (key_id, kind, value)
) STRICT;
