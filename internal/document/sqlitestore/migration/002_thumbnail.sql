-- +goose Up

-- The pictures of the documents in place: the blobs that hold them, in their order. They
-- are not in the document's row, which would have to be read to its end for them.
CREATE TABLE document_thumbnail (
    owner TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    place INTEGER NOT NULL,
    ref   TEXT    NOT NULL,
    PRIMARY KEY (owner, id, place)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE document_thumbnail;
