-- +goose Up

-- Whose vectors the index holds. One row.
CREATE TABLE index_model (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    name      TEXT    NOT NULL,
    dimension INTEGER NOT NULL
);

-- What a document is at one time. While it is only staged its name and keys are
-- known; the switch fills in the rest, once. Searches may read a version that is no
-- longer in place, so nothing of it changes until it is swept.
CREATE TABLE index_version (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL UNIQUE,
    keys           TEXT    NOT NULL DEFAULT '[]', -- of its chunks' own metadata, JSON
    owner          TEXT,                          -- NULL while staged
    document       TEXT,
    submitted      INTEGER NOT NULL DEFAULT 0,
    content_type   TEXT    NOT NULL DEFAULT '',
    method         TEXT    NOT NULL DEFAULT '',
    checksum       TEXT    NOT NULL DEFAULT '',
    source_name    TEXT    NOT NULL DEFAULT '',
    source_ref     TEXT    NOT NULL DEFAULT '',
    mime           TEXT    NOT NULL DEFAULT '',
    task           TEXT    NOT NULL DEFAULT '',
    content_length INTEGER NOT NULL DEFAULT 0,
    chunk_count    INTEGER NOT NULL DEFAULT 0,
    updated        INTEGER NOT NULL DEFAULT 0,    -- microseconds since 1970
    metadata       TEXT    NOT NULL DEFAULT '{}',
    content        TEXT    NOT NULL DEFAULT ''    -- last, so that the rest is read without it
);
CREATE INDEX index_version_document ON index_version (owner, document);
CREATE INDEX index_version_checksum ON index_version (owner, checksum);

-- Which version of a document is in place.
CREATE TABLE index_document (
    owner   TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL REFERENCES index_version (id),
    created INTEGER NOT NULL,                     -- microseconds since 1970
    PRIMARY KEY (owner, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX index_document_version ON index_document (version);
CREATE INDEX index_document_created ON index_document (created, owner, id);
CREATE INDEX index_document_owner ON index_document (owner, created, id);

-- A number is never used again, so that a search that is late finds nothing rather
-- than another chunk.
CREATE TABLE index_chunk (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    version  INTEGER NOT NULL REFERENCES index_version (id),
    position INTEGER NOT NULL,
    size     INTEGER NOT NULL,                    -- of the content, in characters
    metadata TEXT    NOT NULL,
    content  TEXT    NOT NULL,
    vector   BLOB    NOT NULL                     -- float32, little-endian
);
CREATE UNIQUE INDEX index_chunk_position ON index_chunk (version, position);

-- The words of the chunks by index_chunk.id; the text itself is there already.
CREATE VIRTUAL TABLE index_word USING fts5 (
    content,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);

-- +goose Down
DROP TABLE index_word;
DROP TABLE index_chunk;
DROP TABLE index_document;
DROP TABLE index_version;
DROP TABLE index_model;
