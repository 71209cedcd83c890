-- Who uses which blob. A row that has ended stays until the blob is swept: it is how an
-- unused one is found.
CREATE TABLE blob_reference (
    ref    text   COLLATE "C" NOT NULL,
    holder text   COLLATE "C" NOT NULL,
    until  bigint NOT NULL, -- microseconds since 1970, 0 for good
    PRIMARY KEY (ref, holder)
);

CREATE INDEX blob_reference_holder ON blob_reference (holder, ref);
CREATE INDEX blob_reference_until ON blob_reference (until, ref) WHERE until > 0;
