package search

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/auth"
	"morag/internal/index"
	"morag/internal/index/token"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]asked{
		`night heron`:              {text: "night heron"},
		`"night heron" lake`:       {text: "night heron  lake", phrases: []string{"night heron"}},
		`“night heron” „am See“`:   {text: "night heron   am See", phrases: []string{"night heron", "am See"}},
		`lake -heron -"in winter"`: {text: "lake", excluded: []string{"heron", "in winter"}},
		`e-mail -  - x --y`:        {text: "e-mail -  - x --y"},
		`5" pipe`:                  {text: `5" pipe`},
		`he"ron is" x`:             {text: `he"ron is" x`},
		`"" " " "open`:             {text: `"" " " "open`},
		`-heron`:                   {excluded: []string{"heron"}},
		`東京「水曜日」`:                  {text: "東京 水曜日", phrases: []string{"水曜日"}},
		``:                         {},
	} {
		if diff := gocmp.Diff(want, parse(text), gocmp.AllowUnexported(asked{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`"a" -b`, `-"`, "„x”", "\xff\"", `--"a"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := parse(text)
		for _, part := range append(a.phrases, a.excluded...) {
			if !strings.Contains(text, part) || strings.TrimSpace(part) == "" {
				t.Errorf("%q has the part %q", text, part)
			}
		}
	})
}

// marked shows the highlights of a passage in brackets.
func marked(content string, p Passage) string {
	runes := []rune(content)
	var b strings.Builder
	at := 0
	for _, h := range p.Highlights {
		b.WriteString(string(runes[at:h[0]]) + "[" + string(runes[h[0]:h[1]]) + "]")
		at = h[1]
	}
	return b.String() + string(runes[at:])
}

func TestHighlights(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ question, content, want string }{
		{"heron nests", "The herons nest. Each heron is grey.", "The [herons] [nest]. Each [heron] is grey."},
		{"where is the heron", "The heron is where the lake is.", "The [heron] is where the lake is."},
		{"is it the", "It is the one.", "[It] [is] [the] one."},
		{"Häuser", "Ein altes Haus steht über dem See, und das ist gut so.", "Ein altes [Haus] steht über dem See, und das ist gut so."},
		{"東京", "西東京市に東京がある", "西[東京]市に[東京]がある"},
		{"東京市", "西東京市", "西[東京市]"},
		{"Äpfel", "Die Apfel sind rot und das ist gut.", "Die [Apfel] sind rot und das ist gut."},
		{"other", "Nothing here.", "Nothing here."},
		{"x", "", ""},
	} {
		h := index.Hit{Content: tt.content}
		if got := marked(tt.content, newMarker(tt.question, &token.Stems{}).passage(h)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.question, got, tt.want)
		}
	}
}

// TestPassage: the snippet is where the words are, not where the chunk begins, and so are
// the seconds, the page and the heading.
func TestPassage(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("Nothing of interest is said in this sentence. ", 20)
	content := filler + "A heron was seen. " + filler + "The night heron sleeps at the lake. " + filler
	at := func(s float64) *float64 { return &s }
	h := index.Hit{Content: content, Places: []index.Place{
		{Page: 1, Start: at(0), End: at(39)},
		{At: len(filler), Page: 1, Start: at(39), End: at(45)},
		{At: strings.Index(content, "The night"), Page: 2, Start: at(80), End: at(90), Speaker: "Ada", Heading: "Birds"},
	}}
	p := newMarker("heron lake", &token.Stems{}).passage(h)
	if !strings.HasPrefix(p.Snippet, "The night heron sleeps") || len(p.Snippet) > snippetLength+10 || !strings.Contains(content, p.Snippet) {
		t.Errorf("snippet %q", p.Snippet)
	}
	if p.Place.Page != 2 || *p.Place.Start != 80 || p.Place.Speaker != "Ada" || p.Place.Heading != "Birds" {
		t.Errorf("place %+v", p.Place)
	}
	if p := newMarker("elsewhere", &token.Stems{}).passage(h); !strings.HasPrefix(p.Snippet, "Nothing of") || *p.Place.Start != 0 || p.Highlights != nil {
		t.Errorf("without words: %+v", p)
	}
	stamped := index.Hit{Content: "[00:00:39] The tide turns.", Places: []index.Place{{At: 11, Start: at(39)}}}
	if p := newMarker("elsewhere", &token.Stems{}).passage(stamped); p.Place.Start == nil || *p.Place.Start != 39 {
		t.Errorf("without words, behind a time: %+v", p)
	}
	for _, text := range []string{strings.Repeat("x", 1000), strings.Repeat("東", 500), "", strings.Repeat("é ", 400)} {
		p := newMarker("x 東東 é", &token.Stems{}).passage(index.Hit{Content: text})
		if !strings.Contains(text, p.Snippet) || strings.ContainsRune(p.Snippet, '\uFFFD') {
			t.Errorf("snippet %q of %.20q", p.Snippet, text)
		}
	}
}

func TestOldChunksTellWhereTheyBegin(t *testing.T) {
	t.Parallel()
	h := scored("a0", 1)
	h.Own = map[string]any{"start": 3.5, "page": 2.0}
	found, err := service(&fake{worded: []index.Hit{h}}).Search(t.Context(), auth.Scope{}, Query{Text: "x"})
	if err != nil || len(found.Hits) != 1 {
		t.Fatal(found, err)
	}
	if p := found.Hits[0].Passage.Place; p.Page != 2 || p.Start == nil || *p.Start != 3.5 || p.End != nil {
		t.Errorf("%+v", p)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	for expand, want := range map[int]string{0: "[] []", 1: "[a-v1 0] [a-v1 2]", 5: "[a-v1 0] [a-v1 2 a-v1 3]"} {
		found, err := service(&fake{worded: hits("a1")}).Search(t.Context(), auth.Scope{}, Query{Text: "x", Expand: expand})
		if err != nil || len(found.Hits) != 1 {
			t.Fatal(found, err)
		}
		if got := fmt.Sprint(found.Hits[0].Before, " ", found.Hits[0].After); got != want {
			t.Errorf("%d: %s, want %s", expand, got, want)
		}
	}
}

// TestRankingsAskedFor: a search by words asks no embedder, one by vectors no words.
func TestRankingsAskedFor(t *testing.T) {
	t.Parallel()
	for mode, want := range map[Mode][]string{
		Words:   {"match x 100 ann"},
		Vectors: {"embed true [x]", "nearest [1 2] 100 ann"},
	} {
		f := &fake{}
		if _, err := service(f).Search(t.Context(), auth.Scope{Owner: "ann"}, Query{Text: "x", Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, f.asked[:len(want)]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
	}
}
