package api

import (
	"context"
	"slices"
	"testing"
)

// TestBulkTakesEachOnce: a task that begins while they are listed is in two lists.
func TestBulkTakesEachOnce(t *testing.T) {
	t.Parallel()
	pages := map[string][]one{
		"waits": {{"a", "ann"}, {"b", "ann"}}, "waits next": {{"c", "ann"}, {"a", "bob"}},
		"runs": {{"b", "ann"}, {"c", "ann"}, {"d", "ann"}},
	}
	a := action{statuses: []string{"waits", "runs"}, list: func(_ context.Context, _ map[string]string, status, cursor string) ([]one, string, error) {
		if status == "waits" && cursor == "" {
			return pages[status], " next", nil
		}
		return pages[status+cursor], "", nil
	}}
	all, more, err := a.matching(t.Context(), map[string]string{})
	want := []one{{"a", "ann"}, {"b", "ann"}, {"c", "ann"}, {"a", "bob"}, {"d", "ann"}}
	if err != nil || more || !slices.Equal(all, want) {
		t.Errorf("%v, more %v, %v; want %v", all, more, err, want)
	}
}
