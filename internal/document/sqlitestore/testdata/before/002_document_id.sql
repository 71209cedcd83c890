-- +goose Up

-- Whose documents have an id.
CREATE INDEX index_document_id ON index_document (id, owner);

-- +goose Down

DROP INDEX index_document_id;
