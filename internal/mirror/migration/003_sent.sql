-- +goose Up

-- The file was sent, and the answer not heard: the server may have it or not.
ALTER TABLE file ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE file DROP COLUMN sent;
