-- What all servers that share the database have set alike.
CREATE TABLE postgres_setting (
    name  text PRIMARY KEY,
    value text NOT NULL
);
