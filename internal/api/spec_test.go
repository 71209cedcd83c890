package api_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"morag/internal/api"
)

//go:generate go test -run ^TestSpecification$ -update .

var update = flag.Bool("update", false, "write the golden files anew")

// The document is a golden file, so that a change of the table shows what it changes for
// callers, and generators of clients find it without a server.
func TestSpecification(t *testing.T) {
	t.Parallel()
	const golden = "testdata/openapi.json"
	got := api.Specification()
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the document is not " + golden + " any more: run go generate ./internal/api and read what has changed")
	}
}
