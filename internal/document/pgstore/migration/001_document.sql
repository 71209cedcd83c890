-- The documents in place. What is long comes last, and is read when it is asked for.
CREATE TABLE document (
    owner          text   COLLATE "C" NOT NULL,
    id             text   COLLATE "C" NOT NULL,
    version        text   COLLATE "C" NOT NULL,
    submitted      bigint NOT NULL,
    content_type   text   NOT NULL,
    method         text   NOT NULL,
    checksum       text   COLLATE "C" NOT NULL,
    source_name    text   NOT NULL,
    source_ref     text   NOT NULL,
    mime           text   NOT NULL,
    task           text   NOT NULL,
    content_length bigint NOT NULL,
    chunk_count    bigint NOT NULL,
    created        bigint NOT NULL, -- microseconds since 1970
    updated        bigint NOT NULL,
    metadata       text   NOT NULL, -- JSON
    origin         text   COLLATE "C" NOT NULL DEFAULT '',
    content        text   NOT NULL,
    PRIMARY KEY (owner, id)
);

CREATE UNIQUE INDEX document_version ON document (version);
CREATE INDEX document_created ON document (created, owner, id);
CREATE INDEX document_owner ON document (owner, created, id);
CREATE INDEX document_checksum ON document (owner, checksum, created, id);
CREATE INDEX document_id ON document (id, owner);
-- A place may be longer than an index takes.
CREATE INDEX document_origin ON document (owner, md5(origin)) WHERE origin <> '';

-- The pictures of the documents in place: the blobs that hold them, in their order.
CREATE TABLE document_thumbnail (
    owner text   COLLATE "C" NOT NULL,
    id    text   COLLATE "C" NOT NULL,
    place bigint NOT NULL,
    ref   text   NOT NULL,
    PRIMARY KEY (owner, id, place)
);

-- What was promised as a document of its own and turned out to be another one's duplicate.
CREATE TABLE document_duplicate (
    owner    text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    original text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, id)
);

CREATE INDEX document_duplicate_id ON document_duplicate (id, owner);
CREATE INDEX document_duplicate_original ON document_duplicate (owner, original);

-- What is said when in the documents in place, a JSON list.
CREATE TABLE document_segment (
    owner    text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    segments text NOT NULL,
    PRIMARY KEY (owner, id)
);
