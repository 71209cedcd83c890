package extent_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"morag/internal/extent"
)

// counted is what a decoder comes to.
func counted(value any) (values, depth int) {
	add := func(v any) {
		n, deep := counted(v)
		values, depth = values+1+n, max(depth, deep)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			add(inner)
		}
	case []any:
		for _, inner := range v {
			add(inner)
		}
	default:
		return 0, 0
	}
	return values, depth + 1
}

func TestOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		`1`: {0, 0}, `"[{,"`: {0, 0}, `{}`: {0, 1}, ` [ ] `: {0, 1}, `[1]`: {1, 1}, `[1,2]`: {2, 1},
		`{"a":{}}`: {1, 2}, `{"a":{},"b":[[],"]"]}`: {4, 3}, `["\"[","\\",{"x\\\"":null}]`: {4, 2},
		"[\n[\t]\r, []]": {2, 2}, `[true,null,-1.5e3]`: {3, 1},
	} {
		values, depth := extent.Of([]byte(text))
		if values != want[0] || depth != want[1] {
			t.Errorf("%s: %d values, %d levels; want %v", text, values, depth, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte(`{"a":["\\\"",{}],"b":[[],1]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		values, depth := extent.Of(raw)
		var decoded any
		if json.Unmarshal(raw, &decoded) != nil {
			return
		}
		// Of members with one name a decoder keeps the last.
		if n, deep := counted(decoded); values < n || depth < deep || values > len(raw)/2+1 {
			t.Errorf("%q: %d values, %d levels; it has %d and %d", raw, values, depth, n, deep)
		}
	})
}

func TestObject(t *testing.T) {
	t.Parallel()
	many := func(n int) string { return `[{}` + strings.Repeat(",{}", n-1) + `]` }
	deep := strings.Repeat("[", 15) + strings.Repeat("]", 15)
	for name, tt := range map[string]struct {
		raw   string
		names []string // that are kept
		left  []string
	}{
		"empty":             {` {} `, nil, nil},
		"as it is":          {`{"b":1,"a":{"c":[null]}}`, []string{"a", "b"}, nil},
		"999 values in one": {`{"a":` + many(999) + `}`, []string{"a"}, nil},
		"1,001 values":      {`{"a":` + many(1000) + `,"b":1}`, []string{"b"}, []string{"a"}},
		"the later one":     {`{"a":` + many(998) + `,"b":1,"c":2}`, []string{"a", "b"}, []string{"c"}[:1]},
		"16 levels":         {`{"a":` + deep + `}`, []string{"a"}, nil},
		"17 levels":         {`{"a":[` + deep + `],"b":1}`, []string{"b"}, []string{"a"}},
		"bytes":             {`{"a":"` + strings.Repeat("x", 98) + `"}`, []string{"a"}, nil},
		"too many bytes":    {`{"a":"` + strings.Repeat("x", 99) + `","b":1}`, []string{"b"}, []string{"a"}},
		"no number":         {`{"a":1e999,"b":1}`, []string{"b"}, []string{"a"}},
	} {
		maxBytes := 100
		if strings.Contains(name, "values") || name == "the later one" || name == "empty" {
			maxBytes = 1 << 20
		}
		members, left, count, err := extent.Object([]byte(tt.raw), maxBytes)
		var names []string
		for _, n := range []string{"a", "b", "c"} {
			if _, kept := members[n]; kept {
				names = append(names, n)
			}
		}
		if err != nil || !reflect.DeepEqual(names, tt.names) || !reflect.DeepEqual(left, tt.left) || count != len(tt.left) {
			t.Errorf("%s: kept %v, left %v (%d), %v; want %v and %v", name, names, left, count, err, tt.names, tt.left)
		}
	}
	var all strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&all, `,"n%d":0`, i)
	}
	members, left, count, err := extent.Object([]byte("{"+all.String()[1:]+"}"), 1<<20)
	if len(members) != extent.MaxValues || len(left) != 10 || left[0] != "n1000" || count != 4000 || err != nil {
		t.Errorf("of 5,000 members %d are kept, %v (%d) left: %v", len(members), left, count, err)
	}
	for _, raw := range []string{``, `null`, `[]`, `1`, `{`, `{"a"`, `{"a":1`, `{"a":}`, `{1:2}`, `{"a":1,}`} {
		if _, _, _, err := extent.Object([]byte(raw), 100); !errors.Is(err, extent.ErrObject) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
