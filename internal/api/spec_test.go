package api_test

import (
	"testing"

	"morag/internal/api"
	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestSpecification$ -update .

// The document is a golden file, so that a change of the table shows what it changes for
// callers, and generators of clients find it without a server.
func TestSpecification(t *testing.T) {
	t.Parallel()
	generatedtest.Whole(t, "testdata/openapi.json", string(api.Specification()))
}
