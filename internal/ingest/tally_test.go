package ingest

import (
	"fmt"
	"strings"
	"testing"

	"morag/internal/wire"
)

func TestOutcomeNamesWhatFailed(t *testing.T) {
	t.Parallel()
	of := func(succeeded, failed int) string {
		r := wire.BatchResult{TotalItems: succeeded + failed, Succeeded: succeeded, Failed: failed}
		for i := range succeeded + failed {
			item := wire.BatchItem{URL: fmt.Sprintf("https://a.example/%d", i), Status: "SUCCESS"}
			if i >= succeeded {
				item.Status = []string{"FAILURE", "REVOKED"}[i%2]
			}
			r.Items = append(r.Items, item)
		}
		return outcome(r)
	}
	for want, got := range map[string]string{
		"3 of 3 items were ingested": of(3, 0),
		"1 of 3 items were ingested; 2 failed: https://a.example/1, https://a.example/2": of(1, 2),
		"none of the 1 items was ingested; 1 failed: https://a.example/0":                of(0, 1),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := of(1, maxNamed); strings.Contains(got, "more") || strings.Count(got, "https:") != maxNamed {
		t.Errorf("of %d: %q", maxNamed, got)
	}
	if got := of(1, maxNamed+2); !strings.HasSuffix(got, fmt.Sprintf("/%d, and 2 more", maxNamed)) || strings.Count(got, "https:") != maxNamed {
		t.Errorf("of %d: %q", maxNamed+2, got)
	}
}

func TestUnderWayCountsFailures(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]wire.Items{
		"1 of 3 items are done":           {Total: 3, Done: 1},
		"1 of 3 items are done, 1 failed": {Total: 3, Done: 1, Failed: 1},
	} {
		if got := itemsSoFar(n); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
