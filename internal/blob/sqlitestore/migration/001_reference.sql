-- +goose Up

-- Who uses which blob. A row that has ended stays until the blob is swept: it is how an
-- unused one is found.
CREATE TABLE blob_reference (
    ref   TEXT    NOT NULL,
    user  TEXT    NOT NULL,
    until INTEGER NOT NULL, -- microseconds since 1970, 0 for good
    PRIMARY KEY (ref, user)
) WITHOUT ROWID;
CREATE INDEX blob_reference_user ON blob_reference (user, ref);
CREATE INDEX blob_reference_until ON blob_reference (until, ref) WHERE until > 0;

-- +goose Down
DROP TABLE blob_reference;
