package index_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"morag/internal/index"
)

func compare(t *testing.T, key, operator string, value any) index.Filter {
	t.Helper()
	f, err := index.Compare(key, operator, value)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCompare(t *testing.T) {
	t.Parallel()
	metadata := decode(t, `{"name": "heron.md", "year": 2001, "draft": false, "tags": ["red", "blue"], "none": [], "blank": "", "null": null}`)
	for _, tt := range []struct {
		key, operator string
		value         any
		want          bool
	}{
		{"name", "eq", "heron.md", true},
		{"name", "eq", "heron", false},
		{"year", "eq", "2001", false},
		{"tags", "eq", "blue", true},
		{"gone", "eq", "x", false},
		{"name", "in", []any{"x", "heron.md"}, true},
		{"name", "in", []any{}, false},
		{"year", "gt", 2001, false},
		{"year", "gte", 2001, true},
		{"year", "lt", 2001, false},
		{"year", "lte", 2001, true},
		{"name", "gt", "heron", true},
		{"name", "contains", "ron", true},
		{"name", "contains", "Ron", false},
		{"name", "contains", "", true},
		{"tags", "contains", "lu", true},
		{"tags", "contains", "red,", false},
		{"year", "contains", "2", false},
		{"gone", "contains", "", false},
		{"name", "starts", "her", true},
		{"name", "starts", "eron", false},
		{"name", "ends", ".md", true},
		{"name", "ends", "heron", false},
		{"name", "filled", nil, true},
		{"year", "filled", "what is given is of no matter", true},
		{"draft", "filled", nil, true},
		{"tags", "filled", nil, true},
		{"none", "filled", nil, false},
		{"blank", "filled", nil, false},
		{"null", "filled", nil, false},
		{"gone", "filled", nil, false},
	} {
		f := compare(t, tt.key, tt.operator, tt.value)
		if got := f.Match(metadata); got != tt.want {
			t.Errorf("%s %s %v: %v", tt.key, tt.operator, tt.value, got)
		}
		not := index.Not(f)
		if got := not.Match(metadata); got == tt.want {
			t.Errorf("not %s %s %v: %v", tt.key, tt.operator, tt.value, got)
		}
		if index.Not(not).Match(metadata) != tt.want {
			t.Errorf("not not %s %s %v", tt.key, tt.operator, tt.value)
		}
	}
}

func TestBadComparisonIsRefusedByName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	for _, tt := range []struct {
		key, operator string
		value         any
		say           string
	}{
		{"page", "near", 1, `"near"`},
		{"page", "", 1, "unknown operator"},
		{"page", "eq", nil, "strings, numbers and booleans"},
		{"page", "eq", map[string]any{"gte": 1}, "strings, numbers and booleans"},
		{"page", "eq", []any{1}, "strings, numbers and booleans"},
		{"page", "in", 1, "list"},
		{"page", "in", make([]any, 257), "257 values"},
		{"page", "gt", nil, "no value"},
		{"page", "gt", true, "boolean"},
		{"page", "gt", []any{1}, "strings, numbers and booleans"},
		{"page", "contains", 1, "string"},
		{"page", "ends", long, "longer than 1024 bytes"},
		{long, "eq", 1, "longer than 1024 bytes"},
		{long, "starts", "x", "longer than 1024 bytes"},
		{long, "filled", nil, "longer than 1024 bytes"},
	} {
		_, err := index.Compare(tt.key, tt.operator, tt.value)
		if !errors.Is(err, index.ErrFilter) || !strings.Contains(err.Error(), tt.say) || !strings.Contains(err.Error(), tt.key[:4]) || len(err.Error()) > 300 {
			t.Errorf("%.8s %s: %v, want %s", tt.key, tt.operator, err, tt.say)
		}
	}
}

// TestFiltersTogether looks at each filter as a whole and in its two parts.
func TestFiltersTogether(t *testing.T) {
	t.Parallel()
	metadata := []map[string]any{{"page": 9.0, "language": "en"}, {"page": 2.0, "years": []any{1.0, 20.0}}}
	en, de, page := compare(t, "language", "eq", "en"), compare(t, "language", "eq", "de"), compare(t, "page", "eq", 2)
	for name, tt := range map[string]struct {
		filter index.Filter
		want   bool
	}{
		"all of none":             {index.All(), true},
		"all":                     {index.All(en, page), true},
		"all but one":             {index.All(en, page, de), false},
		"any of none":             {index.Any(), false},
		"not any of none":         {index.Not(index.Any()), true},
		"any of one":              {index.Any(de), false},
		"any of values":           {index.Any(de, en), true},
		"any of other values":     {index.Any(de, compare(t, "language", "in", []any{"fr", "it"})), false},
		"any of two keys":         {index.Any(de, page), true},
		"any of two wrong keys":   {index.Any(de, compare(t, "page", "eq", 9)), false},
		"any of groups":           {index.Any(index.All(de, page), index.All(en, page)), true},
		"any of failing groups":   {index.Any(index.All(de, page), index.All(en, de)), false},
		"not any":                 {index.Not(index.Any(de, page)), false},
		"not all":                 {index.Not(index.All(de, page)), true},
		"any with a not":          {index.Any(de, index.Not(en)), false},
		"any with a not that is":  {index.Any(index.Not(en), index.Not(de)), true},
		"one key, value or range": {index.Any(compare(t, "page", "eq", 9), compare(t, "page", "lt", 3)), true},
		"ranges of elements":      {index.All(compare(t, "years", "gt", 2), compare(t, "years", "lt", 10)), true},
	} {
		if got := tt.filter.Match(metadata...); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		for _, key := range []string{"page", "language"} {
			those, others := tt.filter.Split(func(k string) bool { return k == key })
			if got := those.Match(metadata...) && others.Match(metadata...); got != tt.want {
				t.Errorf("%s by %s: %v", name, key, got)
			}
			for _, k := range others.Keys() {
				if k == key {
					t.Errorf("%s: %s is with the others", name, key)
				}
			}
		}
	}
}

func TestOnlyValuesAreLookedUp(t *testing.T) {
	t.Parallel()
	id := func(v any) index.Filter { return compare(t, index.KeyDocumentID, "eq", v) }
	for name, tt := range map[string]struct {
		filter index.Filter
		want   string
	}{
		"any of values":        {index.Any(id("a"), id("b"), id(7)), "[a b] true"},
		"all":                  {index.All(compare(t, "page", "eq", 1), id("a")), "[a] true"},
		"not":                  {index.Not(id("a")), "[] false"},
		"not and one":          {index.All(index.Not(id("a")), id("b")), "[b] true"},
		"part":                 {compare(t, index.KeyDocumentID, "starts", "a"), "[] false"},
		"filled":               {compare(t, index.KeyDocumentID, "filled", nil), "[] false"},
		"range":                {compare(t, index.KeyDocumentID, "gt", "a"), "[] false"},
		"any with another key": {index.Any(id("a"), compare(t, "page", "eq", 1)), "[] false"},
		"any with a not":       {index.Any(id("a"), index.Not(id("b"))), "[] false"},
	} {
		values, asked := tt.filter.AnyOf(index.KeyDocumentID)
		if got := fmt.Sprint(values, " ", asked); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestFiltersTogetherAreBounded(t *testing.T) {
	t.Parallel()
	var few, values []index.Filter
	for i := range 16 {
		few = append(few, compare(t, fmt.Sprint("key", i), "contains", "x"))
	}
	for i := range 1000 {
		values = append(values, compare(t, "page", "eq", i))
	}
	twice := index.All(index.Any(few...), index.Not(index.Any(few...)))
	for name, tt := range map[string]struct {
		filter index.Filter
		say    string
	}{
		"32 conditions": {twice, ""},
		"33 conditions": {index.All(twice, few[0]), "33 conditions"},
		"1,000 values":  {index.Any(values...), ""},
		"1,001 values":  {index.Any(index.Any(values...), values[0]), "more than 1000 values"},
	} {
		err := tt.filter.Bounded()
		if tt.say == "" && err != nil || tt.say != "" && (!errors.Is(err, index.ErrFilter) || !strings.Contains(err.Error(), tt.say)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
