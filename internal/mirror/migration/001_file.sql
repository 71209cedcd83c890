-- +goose Up

-- The files of the folder that the server has, as they were when it got them.
CREATE TABLE file (
    path      TEXT    NOT NULL PRIMARY KEY,  -- below the folder, with slashes
    size      INTEGER NOT NULL,              -- -1: not known, the server told of it
    modified  INTEGER NOT NULL,              -- nanoseconds since 1970
    changed   INTEGER NOT NULL,
    apart     INTEGER NOT NULL,              -- on another file system than the folder
    told      INTEGER NOT NULL,              -- known from the server alone
    sum       TEXT    NOT NULL,              -- SHA-256 of its bytes
    document  TEXT    NOT NULL,
    task      TEXT    NOT NULL,              -- '' once it is known to have ended
    failure   TEXT    NOT NULL               -- why the server could not take it, '' when it could
) WITHOUT ROWID;

-- A row, once the server has been asked what it has.
CREATE TABLE asked (at INTEGER NOT NULL);

-- +goose Down
DROP TABLE file;
DROP TABLE asked;
