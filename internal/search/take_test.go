package search

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/auth"
	"morag/internal/index"
)

func TestTaking(t *testing.T) {
	t.Parallel()
	ranked := []index.Hit{scored("a0", 0.9), scored("a1", 0.8), scored("a2", 0.7), scored("b0", 0.6), scored("c0", 0.5)}
	for _, tt := range []struct {
		limit, perDocument int
		least              float64
		swept              string
		want               []string
	}{
		{limit: 10, want: []string{"a0", "a1", "a2", "b0", "c0"}},
		{limit: 2, want: []string{"a0", "a1"}},
		{limit: 10, perDocument: 1, want: []string{"a0", "b0", "c0"}},
		{limit: 3, perDocument: 2, want: []string{"a0", "a1", "b0"}},
		{limit: 10, least: 0.6 / 2, want: []string{"a0", "a1", "a2", "b0"}},
		{limit: 10, least: 0.95},
		{limit: 2, swept: "a-v1", want: []string{"b0", "c0"}},
		{limit: 2, swept: "a-v1", perDocument: 1, want: []string{"b0", "c0"}},
	} {
		f := &fake{near: ranked, swept: map[string]bool{tt.swept: true}}
		found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: tt.limit, PerDocument: tt.perDocument, MinScore: tt.least})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tt.want, contents(chunks(found.Hits))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt, diff)
		}
	}
}

// page is a text of 200 words, of which some differ from those of page(0).
func page(differ int) string {
	words := make([]string, 200)
	for i := range words {
		words[i] = fmt.Sprint("word", i)
		if i%10 == 5 && i/10 < differ {
			words[i] = fmt.Sprint("other", i, "of", differ)
		}
	}
	return strings.Join(words, " ")
}

func TestWhatSaysNearlyTheSameIsOneHit(t *testing.T) {
	t.Parallel()
	all := hits("a0", "b0", "c0", "d0", "e0", "f0")
	for i, text := range []string{page(0), page(9), strings.ToUpper(page(1)), page(0), "a line", "a line"} {
		all[i].Content = text
	}
	all[3].Owner = "bob" // another owner's is another's
	f := &fake{near: all}
	found, err := service(f).Search(t.Context(), auth.Scope{All: true}, Query{Text: "x", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range found.Hits {
		name := h.DocumentID
		for _, same := range h.AlsoIn {
			name += "=" + same.DocumentID + " " + same.Source
		}
		got = append(got, name)
	}
	if diff := gocmp.Diff([]string{"a=c c-v1.txt", "b", "d", "e", "f"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("one two three four five six seven eight nine ", 2)
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"the same", page(0), page(0), true},
		{"of another case, spacing and points", page(0), "“" + strings.ReplaceAll(strings.ToUpper(page(0)), " ", ",\n ") + "!”", true},
		{"one word in 200", page(0), page(1), true},
		{"twenty words in 200", page(0), page(20), false},
		{"half of it", page(0), page(0)[:len(page(0))/2], false},
		{"twenty words", line + "ten eleven", line + "ten eleven", true},
		{"nineteen words", line + "ten", line + "ten", false},
		{"nothing", "", "", false},
		{"other words", page(0), strings.ReplaceAll(page(0), "word", "other"), false},
		{"letters beyond ASCII", strings.ReplaceAll(page(0), "word", "ä"), strings.ReplaceAll(page(0), "word", "ö"), false},
	} {
		if got := sketchOf(tt.a).like(sketchOf(tt.b)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if got := sketchOf(tt.b).like(sketchOf(tt.a)); got != tt.want {
			t.Errorf("%s, the other way round: %v", tt.name, got)
		}
	}
}

// A document whose best chunk says what another's says is found by its next one.
func TestPerDocumentCountsHitsOnly(t *testing.T) {
	t.Parallel()
	all := hits("a0", "b0", "b1", "c0")
	all[0].Content, all[1].Content = page(0), page(0)
	found, err := service(&fake{near: all}).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: 10, PerDocument: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{page(0), "b1", "c0"}, contents(chunks(found.Hits))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFacets(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxFacetText+1)
	f := &fake{near: hits("a0", "a1", "b0", "c0"), fields: []map[string]any{
		{"tags": []any{"red", "blue", "red"}, "year": 2023.0},
		{"tags": "red", "year": 2024.0, "nested": map[string]any{}},
		{"year": 2023.0, "tags": []any{long, []any{"deep"}}},
	}}
	found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: 1, MinScore: 0.31, Facets: []string{"tags", "year", "nested"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Facet{"tags": {{"red", 2}, {"blue", 1}}, "year": {{2023.0, 2}, {2024.0, 1}}, "nested": {}}
	if diff := gocmp.Diff(want, found.Facets); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], "facet tags has 1 values longer than 256 bytes") {
		t.Errorf("warnings %q", found.Warnings)
	}
	if last := f.asked[len(f.asked)-1]; last != "fields [97 98] [tags year nested]" { // c0 has too low a score
		t.Errorf("asked %q", last)
	}
}

func TestFacetsOfManyValues(t *testing.T) {
	t.Parallel()
	f := &fake{near: hits("a0")}
	for i := range maxFacetValues + 3 {
		f.fields = append(f.fields, map[string]any{"n": float64(i)})
	}
	found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Facets: []string{"n"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Facets["n"]) != maxFacetValues || len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], "3 more") {
		t.Errorf("%d values, %q", len(found.Facets["n"]), found.Warnings)
	}
}
