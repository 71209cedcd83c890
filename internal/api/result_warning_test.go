package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/job"
)

// TestWarningsOfAResultAreBounded: of a list without end the first are kept, of a sentence
// without end its beginning, and what was left out is counted.
func TestWarningsOfAResultAreBounded(t *testing.T) {
	t.Parallel()
	many := func(of string, n int) string { return "[" + strings.TrimSuffix(strings.Repeat(of+",", n), ",") + "]" }
	long := strings.Repeat("x", 997) + "…"
	for name, tt := range map[string]struct {
		metadata string
		want     string // "" for as it came
	}{
		"none":                {`{ "a" : 1.50 }`, ""},
		"few":                 {`{"warnings":["a","b"],"a":{"warnings":` + many(`"x"`, 500) + `}}`, ""},
		"as many as may":      {`{"warnings":` + many(`"w"`, 100) + `}`, ""},
		"too many":            {`{"a":1.50,"warnings": ` + many(`"w"`, 5000) + ` ,"b":[]}`, `{"a":1.50,"warnings": [` + strings.Repeat(`"w",`, 99) + `"4901 more warnings were left out"] ,"b":[]}`},
		"as long as may":      {`{"warnings":["` + strings.Repeat("x", 1000) + `"]}`, ""},
		"escaped, may be":     {`{"warnings":["` + strings.Repeat(`\u0041`, 1000) + `"]}`, ""},
		"too long":            {`{"warnings":["` + strings.Repeat("x", 1001) + `"]}`, `{"warnings":["` + long + `"]}`},
		"much too long":       {`{"warnings":["` + strings.Repeat("x", 1<<20) + `"]}`, `{"warnings":["` + long + `"]}`},
		"escaped, too long":   {`{"warnings":["` + strings.Repeat(`\u0078`, 9999) + `"]}`, `{"warnings":["` + long + `"]}`},
		"cut within a letter": {`{"warnings":["aaaa` + strings.Repeat(`\u0078`, 9999) + `"]}`, `{"warnings":["aaaa` + strings.Repeat("x", 993) + `…"]}`},
		"its own thing":       {`{"warnings":[1,"` + strings.Repeat("x", 1001) + `"]}`, ""},
		"said twice":          {`{"warnings":["` + strings.Repeat("x", 1001) + `"],"w\u0061rnings":["` + strings.Repeat("x", 1001) + `"]}`, `{"warnings":["` + long + `"],"w\u0061rnings":["` + long + `"]}`},
	} {
		want := tt.want
		if want == "" {
			want = tt.metadata
		}
		got := string(boundedWarnings(json.RawMessage(tt.metadata)))
		if got != want {
			t.Errorf("%s: %d bytes, want %d: %.300s", name, len(got), len(want), got)
		}
	}
}

// TestHugeWarningsAreNotKept: 50 MB of them are some KiB once the result is taken.
func TestHugeWarningsAreNotKept(t *testing.T) {
	t.Parallel()
	for _, warning := range []string{`"w",`, `"` + strings.Repeat("x", 5000) + `",`, `"` + strings.Repeat("x", 5<<20) + `",`} {
		list := strings.TrimSuffix(strings.Repeat(warning, 5<<20/len(warning)+1), ",")
		result, err := decodeResult(fmt.Appendf(nil, `{"success":true,"content":"x","metadata":{"warnings":[%s]}}`, list))
		if most := content.MaxWarnings*content.MaxWarning + 1000; err != nil || len(result.Data) > most {
			t.Errorf("%d bytes are kept, want at most %d: %v", len(result.Data), most, err)
		}
		var kept job.Result
		if json.Unmarshal(result.Data, &kept) != nil || kept.Content != "x" {
			t.Errorf("kept %.100s", result.Data)
		}
	}
}
