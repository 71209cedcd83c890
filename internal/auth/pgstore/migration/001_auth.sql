-- Times are microseconds since 1970, 0 for never. Of a secret only its SHA-256 is here.
CREATE TABLE auth_key (
    number    bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id        text    COLLATE "C" NOT NULL UNIQUE,
    name      text    COLLATE "C" NOT NULL,
    role      text    NOT NULL,
    scope_all boolean NOT NULL,
    hash      bytea   NOT NULL,
    created   bigint  NOT NULL,
    used      bigint  NOT NULL DEFAULT 0,
    revoked   bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- What a key may besides its role and its scope: kind "manage" is to change the things of
-- every name, "worker_id" to speak, alone of all names, as the worker that value names.
CREATE TABLE auth_right (
    key_id text NOT NULL,
    kind   text NOT NULL,
    value  text COLLATE "C" NOT NULL,
    PRIMARY KEY (key_id, kind, value)
);

-- What all servers share and nobody else may know.
CREATE TABLE auth_secret (
    name   text  PRIMARY KEY,
    secret bytea NOT NULL
);

-- Browsers that have logged in.
CREATE TABLE auth_session (
    hash    bytea  PRIMARY KEY,
    key_id  text   NOT NULL,
    expires bigint NOT NULL
);

CREATE INDEX auth_session_key ON auth_session (key_id, expires);
CREATE INDEX auth_session_expires ON auth_session (expires);
