-- The number of the model that made the vectors that are searched. Until held, in
-- microseconds since 1970, nothing is staged, since another model is about to take its place.
ALTER TABLE index_model ADD COLUMN id bigint NOT NULL DEFAULT 1;
ALTER TABLE index_model ADD COLUMN held bigint NOT NULL DEFAULT 0;

-- The other models that there are vectors of: the one whose vectors are being made (0), and
-- those that are no longer used (2), since when, and which chunk's was removed last.
CREATE TABLE index_other_model (
    id        bigint GENERATED ALWAYS AS IDENTITY (START WITH 2) PRIMARY KEY,
    name      text   NOT NULL,
    dimension bigint NOT NULL,
    state     bigint NOT NULL,
    since     bigint NOT NULL DEFAULT 0,
    done      bigint NOT NULL DEFAULT 0
);

-- The vectors of all models but the first, whose are with the chunks.
CREATE TABLE index_vector (
    chunk  bigint NOT NULL REFERENCES index_chunk (id) ON DELETE CASCADE,
    model  bigint NOT NULL,
    vector bytea  NOT NULL, -- float32, little-endian
    PRIMARY KEY (chunk, model)
);

ALTER TABLE index_vector ALTER COLUMN vector SET STORAGE EXTERNAL;

-- An entry with a model is of no version: that model is searched from then on.
ALTER TABLE index_log ADD COLUMN model bigint NOT NULL DEFAULT 0;
