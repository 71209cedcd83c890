-- +goose Up

-- The documents in place. Migration 3 of the set "index", which kept documents once,
-- makes the same table and fills it: whichever of the two is run first.
CREATE TABLE IF NOT EXISTS document (
    owner          TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    version        TEXT    NOT NULL,
    submitted      INTEGER NOT NULL,
    content_type   TEXT    NOT NULL,
    method         TEXT    NOT NULL,
    checksum       TEXT    NOT NULL,
    source_name    TEXT    NOT NULL,
    source_ref     TEXT    NOT NULL,
    mime           TEXT    NOT NULL,
    task           TEXT    NOT NULL,
    content_length INTEGER NOT NULL,
    chunk_count    INTEGER NOT NULL,
    created        INTEGER NOT NULL,             -- microseconds since 1970
    updated        INTEGER NOT NULL,
    metadata       TEXT    NOT NULL,             -- JSON
    content        TEXT    NOT NULL,             -- last, so that the rest is read without it
    PRIMARY KEY (owner, id)
);
CREATE UNIQUE INDEX document_version ON document (version);
CREATE INDEX document_created ON document (created, owner, id);
CREATE INDEX document_owner ON document (owner, created, id);
CREATE INDEX document_checksum ON document (owner, checksum, created, id);
CREATE INDEX document_id ON document (id, owner);

-- +goose Down
DROP TABLE document;
