-- What the migrations make of a new file, in one go: a migration is to be here, too.
-- Why each is there is told in them.

CREATE TABLE index_model (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT    NOT NULL,
    dimension INTEGER NOT NULL,
    state     INTEGER NOT NULL,                 -- being made, in use, no longer used
    done      INTEGER NOT NULL DEFAULT 0        -- the last chunk that was removed
);

CREATE TABLE index_vector (
    chunk  INTEGER NOT NULL,
    model  INTEGER NOT NULL,
    vector BLOB    NOT NULL                     -- float32, little-endian
);
CREATE UNIQUE INDEX index_vector_chunk ON index_vector (chunk, model);

CREATE TABLE index_version (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    keys         TEXT    NOT NULL DEFAULT '[]', -- of its chunks' own metadata, JSON
    owner        TEXT,                          -- NULL while staged
    document     TEXT,
    content_type TEXT    NOT NULL DEFAULT '',
    method       TEXT    NOT NULL DEFAULT '',
    chunk_count  INTEGER NOT NULL DEFAULT 0,
    metadata     TEXT    NOT NULL DEFAULT '{}',
    state        INTEGER NOT NULL DEFAULT 0,    -- staged, shown, hidden
    staged       INTEGER NOT NULL DEFAULT 0,    -- microseconds since 1970
    source_name  TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX index_version_document ON index_version (owner, document);
CREATE INDEX index_version_sweep ON index_version (state, staged) WHERE state <> 1;

CREATE TABLE index_chunk (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    version  INTEGER NOT NULL REFERENCES index_version (id),
    position INTEGER NOT NULL,
    size     INTEGER NOT NULL,                  -- of the content, in characters
    metadata TEXT    NOT NULL,
    content  TEXT    NOT NULL,
    vector   BLOB    NOT NULL,                  -- of the first model, float32, little-endian; else empty
    places   TEXT    NOT NULL DEFAULT ''        -- of its parts in the document, JSON
);
CREATE UNIQUE INDEX index_chunk_position ON index_chunk (version, position);
