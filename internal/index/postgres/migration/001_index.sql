-- What made the vectors: one row.
CREATE TABLE index_model (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    name      text    NOT NULL,
    dimension bigint  NOT NULL
);

CREATE TABLE index_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text   COLLATE "C" NOT NULL UNIQUE,
    keys         text   NOT NULL DEFAULT '[]', -- of its chunks' own metadata, JSON
    owner        text   COLLATE "C" NOT NULL,
    document     text   COLLATE "C" NOT NULL,
    content_type text   COLLATE "C" NOT NULL,
    method       text   COLLATE "C" NOT NULL,
    source_name  text   COLLATE "C" NOT NULL,
    chunk_count  bigint NOT NULL,
    metadata     text   NOT NULL,
    state        bigint NOT NULL DEFAULT 0,    -- staged, shown, hidden
    staged       bigint NOT NULL               -- microseconds since 1970
);

CREATE INDEX index_version_document ON index_version (owner, document);
CREATE INDEX index_version_shown ON index_version (id) WHERE state = 1;
CREATE INDEX index_version_sweep ON index_version (state, staged) WHERE state <> 1;

CREATE TABLE index_chunk (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version  bigint NOT NULL REFERENCES index_version (id),
    position bigint NOT NULL,
    size     bigint NOT NULL,                  -- of the content, in characters
    metadata text   NOT NULL,
    content  text   NOT NULL,
    places   text   NOT NULL DEFAULT '',       -- of its parts in the document, JSON
    vector   bytea  NOT NULL,                  -- float32, little-endian
    UNIQUE (version, position)
);

-- Vectors do not get smaller by being compressed.
ALTER TABLE index_chunk ALTER COLUMN vector SET STORAGE EXTERNAL;

-- Which versions were shown and hidden, by the transactions that did it.
CREATE TABLE index_log (
    n       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid     bigint      NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    version bigint      NOT NULL,
    shown   boolean     NOT NULL,
    noted   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX index_log_xid ON index_log (xid, n);
