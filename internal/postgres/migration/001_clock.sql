-- How many microseconds are added to the clock of the database, since it was set back.
CREATE TABLE postgres_clock (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift bigint  NOT NULL
);

INSERT INTO postgres_clock (shift) VALUES (0);
