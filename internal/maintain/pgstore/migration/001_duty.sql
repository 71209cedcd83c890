-- Who does what keeps the house in order. Times are microseconds since 1970, 0 for none.
CREATE TABLE duty (
    name        text   COLLATE "C" PRIMARY KEY,
    holder      text   NOT NULL DEFAULT '',
    epoch       bigint NOT NULL DEFAULT 0,
    progress    text   NOT NULL DEFAULT '',
    lease_until bigint NOT NULL DEFAULT 0,
    due_at      bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
