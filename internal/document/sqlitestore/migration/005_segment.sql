-- +goose Up

-- What is said when in the documents in place, a JSON list. It is not in the document's
-- row, which would have to be read to its end for it; a document without a row here has
-- none, or came before they were kept.
CREATE TABLE document_segment (
    owner    TEXT NOT NULL,
    id       TEXT NOT NULL,
    segments TEXT NOT NULL,
    PRIMARY KEY (owner, id)
);

-- +goose Down
DROP TABLE document_segment;
