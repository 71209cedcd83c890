package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/postgres"
)

func TestValuesCanBeStored(t *testing.T) {
	t.Parallel()
	zero, whole := "a\x00b", "b"
	var none *string
	got := postgres.Values([]any{zero, &zero, &whole, none, "\xff", 7, nil, true})
	want := []any{"a\uFFFDb", "a\uFFFDb", "b", none, "\uFFFD", 7, nil, true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if zero != "a\x00b" {
		t.Errorf("what a pointer points to became %q", zero)
	}
}
