package qdrant_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"morag/internal/index"
	"morag/internal/index/qdrant"
	"morag/internal/index/qdrant/qdranttest"
	"morag/internal/index/vectorstest"
)

func open(t *testing.T, url string) *qdrant.Vectors {
	t.Helper()
	v, err := qdrant.Open(t.Context(), qdrant.Config{URL: url, APIKey: qdranttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func TestVectors(t *testing.T) {
	t.Parallel()
	vectorstest.Run(t, func(t *testing.T) index.Vectors { return open(t, qdranttest.Start(t).URL) })
}

// TestDatabasesShareAQdrant: by names of their own.
func TestDatabasesShareAQdrant(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	one, two := open(t, server.URL+"/one"), open(t, server.URL+"/two")
	for _, v := range []*qdrant.Vectors{one, two} {
		if made, err := v.Make(t.Context(), 1, 3); err != nil || !made {
			t.Fatal(made, err)
		}
	}
	if err := one.Put(t.Context(), 1, []index.Point{{Chunk: 1, Version: 1, Vector: []float32{1, 0, 0}}}); err != nil {
		t.Fatal(err)
	}
	if found, err := two.Nearest(t.Context(), 1, []float32{1, 0, 0}, 9, index.Among{AllOwners: true}); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

// TestWhatQdrantRefuses: what may go by is told from what will not.
func TestWhatQdrantRefuses(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	v := open(t, server.URL)
	_, err := v.Nearest(t.Context(), 5, []float32{1}, 1, index.Among{})
	if err == nil || errors.Is(err, index.ErrUnavailable) || !strings.Contains(err.Error(), "404: Not found: Collection `morag-5`") {
		t.Errorf("a collection that is not there: %v", err)
	}
	server.Down(true)
	if _, err := v.Nearest(t.Context(), 5, []float32{1}, 1, index.Among{}); !errors.Is(err, index.ErrUnavailable) {
		t.Errorf("a server that starts: %v", err)
	}
	if _, err := qdrant.Open(t.Context(), qdrant.Config{URL: server.URL}); err == nil {
		t.Error("a server that is not ready is used")
	}
	server.Down(false)
	if _, err := qdrant.Open(t.Context(), qdrant.Config{URL: server.URL, APIKey: "wrong"}); err == nil || !strings.Contains(err.Error(), "401: Invalid API key") {
		t.Errorf("a wrong key: %v", err)
	}
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer strange.Close()
	if _, err := qdrant.Open(t.Context(), qdrant.Config{URL: "qdrant://" + strings.TrimPrefix(strange.URL, "http://")}); err == nil || !strings.Contains(err.Error(), "<html>") {
		t.Errorf("a server that is none of Qdrant's: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"qdrant://h:6333": true, "qdrants://h": true, "qdrant://h:1/name": true, "qdrant://[::1]": true,
		"http://h": false, "qdrant:": false, "qdrant://u:p@h": false, "qdrant://h/a/b": false, "qdrant://h?x=1": false,
	} {
		if err := qdrant.Parse(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}
