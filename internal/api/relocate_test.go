package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// A file that was moved keeps its document, by its new name at once, and what comes to be at
// its old place becomes another one.
func TestRelocate(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	s := apptest.Start(t, set)
	api := s.As(alice)
	file := filepath.Join(t.TempDir(), "draft.txt")
	ingest := func(text, origin string) wire.Document {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		made, err := api.IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{Origin: origin, ReplaceExisting: true}})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := api.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
			t.Fatalf("%+v, %v", done, err)
		}
		d, err := api.Document(t.Context(), made.DocumentID)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	named := func(name string) int {
		t.Helper()
		found, err := api.Search(t.Context(), wire.Search{Query: "heron", Filters: map[string]any{"source_name": name}})
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Results)
	}

	before := ingest("The heron waits.", "/a/draft.txt")
	moved, err := api.RelocateDocument(t.Context(), before.DocumentID, wire.DocumentPlace{Origin: new("/b/draft.txt")})
	if err != nil || *moved.Origin != "/b/draft.txt" || moved.Version != before.Version || *moved.SourceName != "draft.txt" {
		t.Fatalf("moved: %+v, %v", moved, err)
	}
	renamed, err := api.RelocateDocument(t.Context(), before.DocumentID, wire.DocumentPlace{Origin: new("/b/final.txt"), SourceName: new("final.txt")})
	if err != nil || *renamed.Origin != "/b/final.txt" || *renamed.SourceName != "final.txt" || renamed.Version == before.Version ||
		renamed.Checksum != before.Checksum || renamed.ChunkCount != before.ChunkCount || !renamed.CreatedAt.Equal(*before.CreatedAt) {
		t.Fatalf("renamed: %+v, %v", renamed, err)
	}
	if named("final.txt") != 1 || named("draft.txt") != 0 {
		t.Error("a search does not find it by its new name alone")
	}

	other := ingest("Another heron.", "/a/draft.txt")
	if other.DocumentID == before.DocumentID || other.DocumentID != ingest("Another heron, changed.", "/a/draft.txt").DocumentID {
		t.Errorf("what is at the old place now is %s, where %s was", other.DocumentID, before.DocumentID)
	}
	if again := ingest("The heron waits no more.", "/b/final.txt"); again.DocumentID != before.DocumentID {
		t.Errorf("the changed file at the new place became %s, not %s", again.DocumentID, before.DocumentID)
	}
	if found, err := api.Documents(t.Context(), client.DocumentFilter{Origin: "/b/"}); err != nil || len(found.Documents) != 1 || found.Documents[0].DocumentID != before.DocumentID {
		t.Errorf("below the new place: %+v, %v", found.Documents, err)
	}

	at := "/api/v1/documents/" + before.DocumentID
	for name, tt := range map[string]struct {
		key, path, body string
		status          int
		says            string
	}{
		"another's":       {bob, at, `{"origin":"/x"}`, http.StatusNotFound, ""},
		"none":            {alice, "/api/v1/documents/none", `{"origin":"/x"}`, http.StatusNotFound, ""},
		"a long origin":   {alice, at, `{"origin":"` + strings.Repeat("x", 4097) + `"}`, http.StatusUnprocessableEntity, "origin must have at most 4096 bytes"},
		"no name":         {alice, at, `{"source_name":"/"}`, http.StatusUnprocessableEntity, "source_name must be the name of a file"},
		"a path as name":  {alice, at, `{"source_name":"../x/final.txt"}`, http.StatusOK, `"source_name":"final.txt"`},
		"nothing changes": {alice, at, `{}`, http.StatusOK, `"origin":"/b/final.txt"`},
	} {
		if got := with(t, s, tt.key, "PATCH", tt.path, tt.body); got.status != tt.status || !strings.Contains(got.body, tt.says) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
