-- +goose Up

-- What the source is called, which filters know.
ALTER TABLE index_version ADD COLUMN source_name TEXT NOT NULL DEFAULT '';
UPDATE index_version SET source_name = d.source_name FROM document d WHERE d.version = index_version.name;

-- +goose Down

ALTER TABLE index_version DROP COLUMN source_name;
