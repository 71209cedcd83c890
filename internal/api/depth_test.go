package api

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int, inner string) string {
		return strings.Repeat(`{"a":[`, n/2) + inner + strings.Repeat(`]}`, n/2)
	}
	for text, want := range map[string]bool{
		nested(maxDepth, "1"): false, nested(maxDepth+2, "1"): true,
		strings.Repeat("[]", 1000):                               false,
		`"` + strings.Repeat("[", 1000) + `"`:                    false,
		`"\"` + strings.Repeat("[", 1000) + `"`:                  false,
		`"\\"` + strings.Repeat("[", 1000):                       true,
		strings.Repeat("[", 10_000_000):                          true,
		nested(maxDepth, `"`+strings.Repeat("{", 1000)+`\\\"["`): false,
	} {
		if got := tooDeep([]byte(text)); got != want {
			t.Errorf("%.40s…: %t", text, got)
		}
	}
	var into any
	if err := decodeJSON([]byte(nested(maxDepth+2, "1")), "the body", &into); err == nil || !strings.Contains(err.Error(), "the body") {
		t.Errorf("a deep body: %v", err)
	}
}

func FuzzDepth(f *testing.F) {
	f.Add([]byte(`{"a":["\\\"",{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// Of a valid text the depth is exact: cut off one level and it fits no more.
		if deep := tooDeep(raw); deep && json.Valid(raw) && len(raw) < 2*maxDepth {
			t.Errorf("%d bytes cannot be so deep", len(raw))
		}
	})
}
