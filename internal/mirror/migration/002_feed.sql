-- +goose Up

-- Of a feed in place of a folder: what its server called the version of it that was taken.
CREATE TABLE feed (etag TEXT NOT NULL, modified TEXT NOT NULL);

-- +goose Down
DROP TABLE feed;
