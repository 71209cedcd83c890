-- +goose Up

-- What was promised as a document of its own and turned out to be another one's duplicate.
CREATE TABLE document_duplicate (
    owner    TEXT NOT NULL,
    id       TEXT NOT NULL,
    original TEXT NOT NULL,
    PRIMARY KEY (owner, id)
) WITHOUT ROWID;
CREATE INDEX document_duplicate_id ON document_duplicate (id, owner);
CREATE INDEX document_duplicate_original ON document_duplicate (owner, original);

-- +goose Down
DROP TABLE document_duplicate;
