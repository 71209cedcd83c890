package app_test

import (
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// TestTwoServersServeOneLibrary ingests, replaces and deletes a document at one server
// and the other, and searches at both: each sees every switch at once.
func TestTwoServersServeOneLibrary(t *testing.T) {
	t.Parallel()
	p := startTwo(t, nil)
	given := client.IngestOptions{Options: option.Options{DocumentID: "keeper", ReplaceExisting: true}}

	ingest(t, p.a, write(t, "first.txt", "The heron stood in the shallow water until noon."), given)
	for name, s := range map[string]*client.Client{"a": p.a.Client, "b": p.b.Client} {
		findsOne(t, name, s, "where did the heron stand", "heron", "first.txt")
	}
	ingest(t, p.b, write(t, "second.txt", "The kestrel hovered above the field at dusk."), given)
	for name, s := range map[string]*client.Client{"a": p.a.Client, "b": p.b.Client} {
		findsOne(t, name, s, "heron or kestrel", "kestrel", "second.txt")
	}
	if n := kept(t, p); n != 1 {
		t.Errorf("%d files are kept, want the source in place", n)
	}
	if err := p.a.DeleteDocument(t.Context(), "keeper"); err != nil {
		t.Fatal(err)
	}
	found, err := p.b.Search(t.Context(), wire.Search{Query: "heron or kestrel"})
	if err != nil || len(found.Results) != 0 {
		t.Errorf("deleted at the other: %+v, %v", found.Results, err)
	}
	var answer *client.APIError
	if _, err := p.b.Document(t.Context(), "keeper"); !errors.As(err, &answer) || answer.Status != http.StatusNotFound {
		t.Errorf("deleted at the other: %v", err)
	}
	if n := kept(t, p); n != 0 {
		t.Errorf("%d files are kept of a document that is gone", n)
	}
}

// findsOne checks that a search finds one document only: by its word, under its name.
func findsOne(t *testing.T, server string, s *client.Client, query, word, name string) {
	t.Helper()
	found, err := s.Search(t.Context(), wire.Search{Query: query})
	if err != nil || len(found.Results) != 1 {
		t.Fatalf("at %s: %+v, %v, want one hit", server, found.Results, err)
	}
	hit := found.Results[0]
	if !strings.Contains(hit.Content, word) || hit.Document.ID != "keeper" || hit.Document.Name == nil || *hit.Document.Name != name {
		t.Errorf("at %s: %+v of document %+v, want %s of %s", server, hit, hit.Document, word, name)
	}
}

// kept counts the files of the uploads.
func kept(t *testing.T, p *two) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(p.a.Settings.DataDir, "uploads"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(d.Name()) != ".lock" {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
