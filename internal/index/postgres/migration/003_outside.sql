-- The places outside of the servers' memory that have the vectors of a model.
CREATE TABLE index_outside (
    place text   COLLATE "C" NOT NULL,
    model bigint NOT NULL,
    PRIMARY KEY (place, model)
);
