package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"morag/internal/index"
	"morag/internal/sqlite"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		{"Where is the café?", []string{`"Where"`, `"is"`, `"the"`, `"café"`}},
		{"again and AGAIN", []string{`"again"`, `"and"`}},
		{`a"b OR c*`, []string{`"a"`, `"b"`, `"OR"`, `"c"`}},
		{"機械学習", []string{`"機 械"`, `"械 学"`, `"学 習"`}},
		{"水", []string{`"水"`}},
		{"東京go言語", []string{`"東 京"`, `"go"`, `"言 語"`}},
		{"한국어 검색", []string{`"한국어"`, `"검색"`}},
		{"… — !", nil},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, terms(tt.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprint(&many, "w", i, " ")
	}
	if got := terms(many.String()); len(got) != maxTerms || got[0] != `"w0"` {
		t.Errorf("%d terms, the first is %s", len(got), got[0])
	}
}

func TestScriptsWithoutSpaces(t *testing.T) {
	t.Parallel()
	x := openSmall(t)
	putTexts(t, x, "d", "機械学習は楽しい。", "水曜日に東京へ行く", "เรียนภาษาไทย")
	tests := []struct {
		text string
		want []int
	}{
		{"学習", []int{0}},
		{"東京", []int{1}},
		{"京東", nil},
		{"水", []int{1}},
		{"ภาษาไทย", []int{2}},
		{"機械と東京", []int{0, 1}},
	}
	for _, tt := range tests {
		hits, err := x.Match(t.Context(), tt.text, 10, index.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, h := range hits {
			got = append(got, h.ChunkIndex)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// TestRareWordsComeFirst: words that are in too many chunks are left out, the rarest
// never.
func TestRareWordsComeFirst(t *testing.T) {
	t.Parallel()
	words := []posting{{"the", 90}, {"heron", 5}, {"water", 30}, {"of", 60}}
	tests := []struct {
		most int
		want string
	}{
		{1000, `heron OR water OR of OR the`},
		{100, `heron OR water OR of`},
		{35, `heron OR water`},
		{34, `heron`},
		{1, `heron`},
	}
	for _, tt := range tests {
		if got := rarest(slices.Clone(words), tt.most); got != tt.want {
			t.Errorf("at most %d: %s, want %s", tt.most, got, tt.want)
		}
	}
	if got := rarest(nil, 10); got != "" {
		t.Errorf("of none: %s", got)
	}
}

// FuzzMatch asks a real FTS5 table: no text is an error, and a text finds itself when
// it has a word at all.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"heron", `"heron" OR NOT (x`, "content:her*", "NEAR(a b, 2)", "^a + b", "\x00", "\xff", "\xbca", "a\u0301", "東京タワー", "ʼn", "²½Ⅷ",
		"\ue000", "𞤀𞤁", "𞤀a000", "a_b-c.d", "don’t", "{a b}:c", "ﬁ ǆ İ ß",
	} {
		f.Add(seed)
	}
	x := openSmall(f)
	n := 0
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		n++
		id := fmt.Sprint("d", n)
		putTexts(t, x, id, text)
		hits, err := x.Match(t.Context(), text, 10, index.Scope{Filter: index.Filter{{Key: index.KeyDocumentID, AnyOf: []any{id}}}})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return 'a' <= r && r <= 'z' }) && len(terms(text)) == 1 && len(hits) != 1 {
			t.Errorf("%q finds %d hits of itself by %s", text, len(hits), terms(text))
		}
		for _, term := range terms(text) {
			if inner := term[1 : len(term)-1]; strings.ContainsRune(inner, '"') || !utf8.ValidString(inner) {
				t.Errorf("%q makes the term %s", text, term)
			}
		}
		if err := x.Switch(t.Context(), "", "version of "+id); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Sweep(t.Context(), 100, time.Hour); err != nil {
			t.Fatal(err)
		}
	})
}

func openSmall(t testing.TB) *Index {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	x, err := Open(ctx, Config{DB: db, Model: "small", Dimension: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.Close()
		db.Close()
	})
	<-x.Loaded()
	return x
}

func putTexts(t testing.TB, x *Index, id string, texts ...string) {
	t.Helper()
	chunks := make([]index.Chunk, len(texts))
	for i, text := range texts {
		chunks[i] = index.Chunk{Index: i, Content: text, Vector: []float32{1, 0}}
	}
	v := index.Version{Name: "version of " + id, DocumentID: id, Chunks: len(texts)}
	if err := x.Stage(t.Context(), v, chunks); err != nil {
		t.Fatal(err)
	}
	if err := x.Switch(t.Context(), v.Name, ""); err != nil {
		t.Fatal(err)
	}
}
