package app_test

import (
	"io"
	"net/http"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
)

// The id that a duplicate was promised leads to the document that is there, and the answer
// says which that is as soon as the server knows.
func TestPromisedDocumentLeadsToTheOneThatIsThere(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	path := write(t, "lamp.txt", "The lamp burned for eleven hours.")
	first, err := s.IngestFile(t.Context(), path, client.IngestOptions{})
	if err != nil || first.DuplicateOf != nil {
		t.Fatalf("%+v, %v", first, err)
	}
	succeeded(t, s, first.TaskID)

	again, err := s.IngestFile(t.Context(), path, client.IngestOptions{})
	if err != nil || again.DuplicateOf == nil || *again.DuplicateOf != first.DocumentID || again.DocumentID == first.DocumentID {
		t.Fatalf("%+v, %v; want a duplicate of %s", again, err, first.DocumentID)
	}
	succeeded(t, s, again.TaskID)
	if got := status(t, s, again.TaskID); got.DuplicateOf == nil || *got.DuplicateOf != first.DocumentID || *got.DocumentID != first.DocumentID {
		t.Errorf("the task is %+v", got)
	}
	if d, err := s.Document(t.Context(), again.DocumentID); err != nil || d.DocumentID != first.DocumentID {
		t.Errorf("the promised document is %+v, %v", d, err)
	}
	text, err := s.DocumentContent(t.Context(), again.DocumentID)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	if raw, err := io.ReadAll(text); err != nil || string(raw) != "The lamp burned for eleven hours." {
		t.Errorf("its text is %q, %v", raw, err)
	}
	if chunks, err := s.DocumentChunks(t.Context(), again.DocumentID, client.List{}); err != nil || len(chunks.Chunks) != 1 {
		t.Errorf("its chunks are %+v, %v", chunks, err)
	}
	if resp, err := http.Get(s.URL + "/api/v1/documents/" + again.DocumentID + "/source"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("its source: %+v, %v", resp, err)
	} else {
		resp.Body.Close()
	}

	// To delete it would take the document from who ingested it first.
	if err := s.DeleteDocument(t.Context(), again.DocumentID); !client.IsStatus(err, http.StatusConflict) {
		t.Errorf("deleted by its promised id: %v, want 409", err)
	}
	if err := s.DeleteDocument(t.Context(), first.DocumentID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(t.Context(), again.DocumentID); !client.IsStatus(err, http.StatusNotFound) {
		t.Errorf("the promised document of a deleted one: %v, want 404", err)
	}
}

// A document that its client has named is a duplicate of itself alone.
func TestNamedDocumentIsItsOwnDuplicate(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	path := write(t, "lamp.txt", "The lamp burned.")
	for _, name := range []string{"one", "two"} {
		made, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{DocumentID: name}})
		if err != nil || made.DuplicateOf != nil {
			t.Errorf("%s: %+v, %v", name, made, err)
		}
		succeeded(t, s, made.TaskID)
	}
	again, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{DocumentID: "two"}})
	if err != nil || again.DuplicateOf == nil || *again.DuplicateOf != "two" {
		t.Errorf("%+v, %v", again, err)
	}
}
