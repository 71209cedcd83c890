-- +goose Up

-- Where in its document the parts of a chunk are: a JSON list, empty for chunks that were
-- stored before.
ALTER TABLE index_chunk ADD COLUMN places TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE index_chunk DROP COLUMN places;
