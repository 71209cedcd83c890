-- +goose Up

-- The models whose vectors there are: those that are being made (0), those that searches
-- use (1), of which there is one, and those that are no longer used (2). done is the last
-- chunk that was removed of the last.
ALTER TABLE index_model RENAME TO index_model_before;
CREATE TABLE index_model (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT    NOT NULL,
    dimension INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    done      INTEGER NOT NULL DEFAULT 0
);
INSERT INTO index_model (id, name, dimension, state) SELECT id, name, dimension, 1 FROM index_model_before;
DROP TABLE index_model_before;

-- The vectors of all models but the first, whose are with the chunks.
CREATE TABLE index_vector (
    chunk  INTEGER NOT NULL,
    model  INTEGER NOT NULL,
    vector BLOB    NOT NULL -- float32, little-endian
);
CREATE UNIQUE INDEX index_vector_chunk ON index_vector (chunk, model);
