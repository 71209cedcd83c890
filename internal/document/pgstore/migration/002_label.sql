-- What the documents in place are looked up and sorted by. It is not in the document's row,
-- so that a list is sorted and searched without reading the rows. The store adds the labels
-- of documents that came before.
CREATE TABLE document_label (
    owner text COLLATE "C" NOT NULL,
    id    text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, id)
);
CREATE INDEX document_label_all ON document_label (label, owner, id);
CREATE INDEX document_label_own ON document_label (owner, label, id);
CREATE INDEX document_type ON document (content_type, created, owner, id);
CREATE INDEX document_own_type ON document (owner, content_type, created, id);
