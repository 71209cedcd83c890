-- +goose Up

-- Where a document's source came from. What an address was made of had it as its name.
ALTER TABLE document ADD COLUMN origin TEXT NOT NULL DEFAULT '';
UPDATE document SET origin = source_name WHERE content_type IN ('web', 'youtube');
CREATE INDEX document_origin ON document (owner, origin, created, id) WHERE origin <> '';

-- +goose Down
DROP INDEX document_origin;
ALTER TABLE document DROP COLUMN origin;
