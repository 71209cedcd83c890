package dashboard

import (
	"strings"
	"testing"

	"morag/internal/wire"
)

// The words that were found are marked in the passage that is shown, wherever in the text
// that is, and marks that cannot be are none.
func TestMarked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content, snippet string
		highlights       [][]int
		want             string
	}{
		"in the passage":      {"Öl. The heron sleeps.", "The heron sleeps.", [][]int{{8, 13}, {14, 20}}, "The [heron] [sleeps]."},
		"before the passage":  {"heron. It sleeps.", "It sleeps.", [][]int{{0, 5}, {10, 16}}, "It [sleeps]."},
		"half of it before":   {"heron sleeps", "on sleeps", [][]int{{0, 5}}, "[on] sleeps"},
		"beyond the end":      {"a heron", "a heron", [][]int{{2, 99}}, "a [heron]"},
		"one in another":      {"abcd", "abcd", [][]int{{0, 3}, {1, 4}}, "[abc][d]"},
		"no marks":            {"abcd", "", [][]int{{3, 3}, {5}, {-4, -1}}, "abcd"},
		"a passage elsewhere": {"abcd", "xyz", [][]int{{0, 1}}, "xyz"},
	} {
		var b strings.Builder
		for _, p := range marked(tt.content, tt.snippet, tt.highlights) {
			if p.Mark {
				b.WriteString("[" + p.Text + "]")
			} else {
				b.WriteString(p.Text)
			}
		}
		if b.String() != tt.want {
			t.Errorf("%s: %q, want %q", name, b.String(), tt.want)
		}
	}
}

// A citation is a link to its place; what only looks like one is text.
func TestCited(t *testing.T) {
	t.Parallel()
	a := wire.Answer{Answer: "It turns at noon [1], [7] or [x", Citations: []wire.Citation{{N: 1, DocumentID: "a/b", Start: new(12.5)}}}
	var b strings.Builder
	for _, p := range cited(a) {
		b.WriteString(p.Text)
		if p.N != 0 {
			b.WriteString("<" + p.To + ">")
		}
	}
	if want := "It turns at noon </ui/library/a%2Fb?t=12.5>, [7] or [x"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if to, at := place("a", "bob", nil, new(3)); to != "/ui/library/a?owner=bob&page=3#page-3" || at != "page 3" {
		t.Errorf("a page: %q, %q", to, at)
	}
}
