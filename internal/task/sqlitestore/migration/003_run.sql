-- +goose Up

-- Which attempt a run is, and how far it is since the body was last written: what a
-- renewal reads and writes. NULL leaves what the body says.
ALTER TABLE task ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN done REAL;
ALTER TABLE task ADD COLUMN message TEXT;
UPDATE task SET attempt = body ->> '$.attempt' WHERE phase = 'running';
