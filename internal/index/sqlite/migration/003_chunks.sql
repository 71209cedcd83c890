-- +goose Up

-- The set "document" keeps the documents from here on; this hands them over. It makes
-- the same table: whichever of the two sets is run first.
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
    created        INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    metadata       TEXT    NOT NULL,
    content        TEXT    NOT NULL,
    PRIMARY KEY (owner, id)
);
INSERT INTO document (owner, id, version, submitted, content_type, method, checksum, source_name, source_ref, mime, task,
    content_length, chunk_count, created, updated, metadata, content)
SELECT d.owner, d.id, v.name, v.submitted, v.content_type, v.method, v.checksum, v.source_name, v.source_ref, v.mime, v.task,
    v.content_length, v.chunk_count, d.created, v.updated, v.metadata, v.content
FROM index_document d JOIN index_version v ON v.id = d.version;

-- A version is staged (0), then shown (1), then hidden (2), and swept. Nothing of it but
-- this changes once it was shown, since searches may read one that is hidden.
ALTER TABLE index_version ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
-- When something was last added to it, in microseconds since 1970.
ALTER TABLE index_version ADD COLUMN staged INTEGER NOT NULL DEFAULT 0;
UPDATE index_version SET content = '', state = CASE
    WHEN owner IS NULL THEN 0
    WHEN id IN (SELECT version FROM index_document) THEN 1
    ELSE 2 END;

DROP TABLE index_document;
DROP INDEX index_version_checksum;
ALTER TABLE index_version DROP COLUMN submitted;
ALTER TABLE index_version DROP COLUMN checksum;
ALTER TABLE index_version DROP COLUMN source_name;
ALTER TABLE index_version DROP COLUMN source_ref;
ALTER TABLE index_version DROP COLUMN mime;
ALTER TABLE index_version DROP COLUMN task;
ALTER TABLE index_version DROP COLUMN content_length;
ALTER TABLE index_version DROP COLUMN updated;
ALTER TABLE index_version DROP COLUMN content;

-- What a sweep looks at.
CREATE INDEX index_version_sweep ON index_version (state, staged) WHERE state <> 1;
