package index_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"morag/internal/index"
)

func TestFilterMatchesMetadata(t *testing.T) {
	t.Parallel()
	metadata := decode(t, `{"language": "en", "pages": 12, "final": true, "tags": ["red", "blue", 7],
		"date": "2024-05-06", "nothing": null, "a.b": "dotted", "nested": {"x": 1}, "": "empty key", "$.language": "path"}`)
	tests := []struct {
		filters string
		want    bool
	}{
		{`{}`, true},
		{`{"language": "en"}`, true},
		{`{"language": "de"}`, false},
		{`{"language": "EN"}`, false},
		{`{"language": null}`, true},
		{`{"missing": "en"}`, false},
		{`{"missing": null}`, true},
		{`{"nothing": "x"}`, false},
		{`{"pages": 12}`, true},
		{`{"pages": 12.0}`, true},
		{`{"pages": "12"}`, false},
		{`{"final": true}`, true},
		{`{"final": false}`, false},
		{`{"final": 1}`, false},
		{`{"final": "true"}`, false},
		{`{"language": ["de", "en"]}`, true},
		{`{"language": ["de", "fr"]}`, false},
		{`{"language": []}`, false},
		{`{"language": ["de", 12, true]}`, false},
		{`{"pages": ["x", 12]}`, true},
		{`{"pages": {"gte": 12}}`, true},
		{`{"pages": {"gt": 12}}`, false},
		{`{"pages": {"gte": 10, "lte": 12}}`, true},
		{`{"pages": {"gte": 10, "lt": 12}}`, false},
		{`{"pages": {"gte": 13, "lte": 5}}`, false},
		{`{"pages": {"gte": null, "lte": 12}}`, true},
		{`{"pages": {"gte": "1"}}`, false},
		{`{"date": {"gte": "2024-05", "lt": "2024-06"}}`, true},
		{`{"date": {"gte": "2024-06"}}`, false},
		{`{"date": {"gte": 1}}`, false},
		{`{"final": {"gte": 0}}`, false},
		{`{"tags": "red"}`, true},
		{`{"tags": "green"}`, false},
		{`{"tags": ["green", "blue"]}`, true},
		{`{"tags": {"gte": 7}}`, true},
		{`{"a.b": "dotted"}`, true},
		{`{"nested.x": 1}`, false},
		{`{"nested": 1}`, false},
		{`{"": "empty key"}`, true},
		{`{"$.language": "path"}`, true},
		{`{"$.language": "en"}`, false},
		{`{"language": "en", "pages": 12}`, true},
		{`{"language": "en", "pages": 13}`, false},
	}
	for _, tt := range tests {
		f, err := index.ParseFilter(decode(t, tt.filters))
		if err != nil {
			t.Errorf("%s: %v", tt.filters, err)
			continue
		}
		if got := f.Match(metadata); got != tt.want {
			t.Errorf("%s matches: %v, want %v", tt.filters, got, tt.want)
		}
	}
}

func TestBadFilterIsRefusedByName(t *testing.T) {
	t.Parallel()
	many := map[string]any{}
	for i := range 33 {
		many[fmt.Sprint("key", i)] = i
	}
	tests := map[string]struct {
		filters map[string]any
		say     string
	}{
		"unknown operator": {decode(t, `{"page": {"near": 3}}`), `"page"`},
		"operator's name":  {decode(t, `{"page": {"near": 3}}`), `"near"`},
		"no operator":      {decode(t, `{"page": {}}`), `"page"`},
		"only null bounds": {decode(t, `{"page": {"gte": null}}`), `"page"`},
		"mixed bounds":     {decode(t, `{"page": {"gte": 1, "lte": "z"}}`), `"page"`},
		"boolean bound":    {decode(t, `{"page": {"gte": true}}`), `"page"`},
		"list as bound":    {decode(t, `{"page": {"gte": [1]}}`), `"page"`},
		"list in a list":   {decode(t, `{"page": [[1]]}`), `"page"`},
		"null in a list":   {decode(t, `{"page": [null]}`), `"page"`},
		"object in a list": {decode(t, `{"page": [{"gte": 1}]}`), `"page"`},
		"too many keys":    {many, "33 keys"},
		"too many values":  {map[string]any{"page": make([]any, 257)}, `"page"`},
		"long string":      {map[string]any{"page": strings.Repeat("x", 1025)}, `"page"`},
		"long key":         {map[string]any{strings.Repeat("x", 1025): 1}, `"xxx`},
		"unknown Go type":  {map[string]any{"page": struct{}{}}, `"page"`},
	}
	for name, tt := range tests {
		_, err := index.ParseFilter(tt.filters)
		if !errors.Is(err, index.ErrFilter) {
			t.Errorf("%s: got %v, want ErrFilter", name, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.say) || len(err.Error()) > 300 {
			t.Errorf("%s: the message %q does not say %s", name, err, tt.say)
		}
	}
}

func TestFilterAtItsBoundsIsTaken(t *testing.T) {
	t.Parallel()
	many, values := map[string]any{}, make([]any, 256)
	for i := range 32 {
		many[fmt.Sprint("key", i)] = i
	}
	for i := range values {
		values[i] = i
	}
	for name, filters := range map[string]map[string]any{
		"32 keys":             many,
		"256 values":          {"page": values},
		"a string of 1024":    {"page": strings.Repeat("x", 1024)},
		"a key of 1024":       {strings.Repeat("x", 1024): 1},
		"a number of 32 bits": {"page": float32(1.5)},
	} {
		if _, err := index.ParseFilter(filters); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f, err := index.ParseFilter(map[string]any{"page": 1.5}); err != nil || !f.Match(map[string]any{"page": float32(1.5)}) {
		t.Errorf("a field of 32 bits does not match: %v", err)
	}
}

func TestFilterMatchesTheUppermostMetadata(t *testing.T) {
	t.Parallel()
	f, err := index.ParseFilter(map[string]any{"page": 3})
	if err != nil {
		t.Fatal(err)
	}
	three, four, other := map[string]any{"page": 3.0}, map[string]any{"page": 4.0}, map[string]any{"start": 1.0}
	tests := []struct {
		metadata []map[string]any
		want     bool
	}{
		{nil, false},
		{[]map[string]any{three, other}, true},
		{[]map[string]any{four, three, nil}, true},
		{[]map[string]any{three, four}, false},
		{[]map[string]any{three, {"page": nil}}, false},
	}
	for _, tt := range tests {
		if got := f.Match(tt.metadata...); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.metadata, got, tt.want)
		}
	}
}

func TestFilterSplitsByKey(t *testing.T) {
	t.Parallel()
	f, err := index.ParseFilter(map[string]any{"page": 3, "language": "en"})
	if err != nil {
		t.Fatal(err)
	}
	own, others := f.Split(func(key string) bool { return key == "page" })
	if !own.Match(map[string]any{"page": 3}) || own.Match(map[string]any{"page": 4}) {
		t.Error("the page's part does not look at the page")
	}
	if !others.Match(map[string]any{"language": "en"}) || others.Match(map[string]any{"page": 3}) {
		t.Error("the other part does not look at the language")
	}
}

func TestFilterTellsWhatToLookUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		filters string
		values  int
		asked   bool
	}{
		{`{"document_id": "a"}`, 1, true},
		{`{"document_id": ["a", "b", 7]}`, 2, true},
		{`{"document_id": []}`, 0, true},
		{`{"document_id": {"gte": "a"}}`, 0, false},
		{`{"language": "en"}`, 0, false},
	}
	for _, tt := range tests {
		f, err := index.ParseFilter(decode(t, tt.filters))
		if err != nil {
			t.Fatal(err)
		}
		values, asked := f.AnyOf(index.KeyDocumentID)
		if len(values) != tt.values || asked != tt.asked {
			t.Errorf("%s: got %q, %v", tt.filters, values, asked)
		}
	}
}

// FuzzFilter: whatever JSON comes, a filter is refused as a filter or matches without
// a panic, and its two parts together decide like the whole.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`{"language": "en"}`, `{"page": {"gte": 1, "lte": 3}}`, `{"tags": ["a", 1, true]}`, `{"x": {"$ne": 1}}`,
		`{"x": null}`, `{"\u0000": "'; DROP TABLE chunks; --"}`, `{"$.a[0]": [[]]}`, `{"x": 1e400}`,
	} {
		f.Add(seed, `{"language": "en", "page": 2, "tags": ["a"], "x": {"y": 1}}`)
	}
	f.Fuzz(func(t *testing.T, filters, metadata string) {
		var given, m map[string]any
		if json.Unmarshal([]byte(filters), &given) != nil || json.Unmarshal([]byte(metadata), &m) != nil {
			return
		}
		parsed, err := index.ParseFilter(given)
		if err != nil {
			if !errors.Is(err, index.ErrFilter) {
				t.Fatalf("%v is no ErrFilter", err)
			}
			return
		}
		those, others := parsed.Split(func(key string) bool { return len(key)%2 == 0 })
		if parsed.Match(m) != (those.Match(m) && others.Match(m)) {
			t.Fatal("the parts decide unlike the whole")
		}
	})
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}
