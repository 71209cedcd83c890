package indextest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"morag/internal/index"
)

func testForms(t *testing.T, l *library) {
	english := chunksOf(0, "The herons are nesting in the old poplars.", "We recorded the meeting on a tape.", "Nothing else is here.")
	german := chunksOf(0, "Die alten Häuser an der Straße sind verkauft worden.", "Das Schiff ist im Hafen und wartet.")
	l.put(t, version("ann", "en", "v1", english), english)
	l.put(t, version("ann", "de", "v2", german), german)
	for text, want := range map[string][]string{
		"heron nests":    {"en/0"},
		"recordings":     {"en/1"},
		"Haus":           {"de/0"},
		"Schiffe":        {"de/1"},
		"Strassen":       {"de/0"},
		"nothere":        nil, // its stem in one language is that of Nothing in another
		"poplar, Häfen?": {"de/1", "en/0"},
	} {
		equal(t, text, want, match(t, l.Index, text, own("ann")))
	}
}

func testUnspaced(t *testing.T, l *library) {
	chunks := chunksOf(0, "機械学習は楽しい。", "水曜日に東京へ行く", "เรียนภาษาไทย")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	for text, want := range map[string][]string{
		"学習": {"d/0"}, "東京": {"d/1"}, "京東": nil, "水": {"d/1"}, "ภาษาไทย": {"d/2"}, "機械と東京": {"d/0", "d/1"},
	} {
		equal(t, text, want, match(t, l.Index, text, own("ann")))
	}
}

func testHeader(t *testing.T, l *library) {
	chunks := chunksOf(0, "The first words of it.", "Others follow.")
	chunks[1].Metadata = map[string]any{"heading": "Harbours › Fees"}
	v := version("ann", "d", "v1", chunks)
	v.SourceName = "annual-report.pdf"
	v.Metadata["title"] = "On lighthouses"
	l.put(t, v, chunks)
	words := map[string][]string{
		"lighthouse": {"d/0", "d/1"}, "report": {"d/0", "d/1"}, "harbour fee": {"d/1"}, "words": {"d/0"},
	}
	for text, want := range words {
		equal(t, text, want, match(t, l.Index, text, own("ann")))
	}
	hits, err := Match(t.Context(), l.Index, "harbour", 1, own("ann"))
	if err != nil || len(hits) != 1 || hits[0].Content != "Others follow." {
		t.Errorf("the header is part of what is returned: %v, %v", hits, err)
	}
	again := l.Reopen(t)
	for text, want := range words {
		equal(t, text+" after another start", want, match(t, again, text, own("ann")))
	}
}

// testAbout: what is known of a document is found with its first chunk, and counts no more
// than what is said.
func testAbout(t *testing.T, l *library) {
	known, said := chunksOf(0, "The first words of it.", "Others follow."), chunksOf(1, "A heron flew.")
	v := version("ann", "known", "v1", known)
	v.Metadata = map[string]any{
		"author": "Ada Heron", "created": "2021-02-03T04:05:06Z", "places": []any{"Ulm", 3.0, "Linz"}, "engine": "tesseract", "pages": 7.0,
		"language": "en", "remark": "first words",
	}
	l.put(t, v, known)
	l.put(t, version("ann", "said", "v2", said), said)
	words := map[string][]string{
		"ada": {"known/0"}, "february": {"known/0"}, "linz": {"known/0"}, "ulm 2021": {"known/0"}, "remark": nil, "author": nil,
		"tesseract": nil, "7": nil, "en": nil, "first": {"known/0"}, "heron flew": {"known/0", "said/0"},
	}
	for text, want := range words {
		equal(t, text, want, match(t, l.Index, text, own("ann")))
	}
	best, err := Match(t.Context(), l.Index, "heron flew", 1, own("ann"))
	if err != nil || len(best) != 1 || best[0].DocumentID != "said" {
		t.Errorf("%v, %v: the best says both words", best, err)
	}
	for owner, remark := range map[string]string{"bob": "first words", "cy": "other things"} {
		v := version(owner, "d", owner, known)
		v.Metadata = map[string]any{"remark": remark}
		l.put(t, v, known)
	}
	twice, fault := Match(t.Context(), l.Index, "first", 1, own("bob"))
	once, err := Match(t.Context(), l.Index, "first", 1, own("cy"))
	if err != nil || fault != nil || len(twice) != 1 || len(once) != 1 || twice[0].Score != once[0].Score {
		t.Errorf("what a chunk says counts twice when metadata say it too: %v and %v, %v, %v", twice, once, err, fault)
	}
	again := l.Reopen(t)
	for text, want := range words {
		equal(t, text+" after another start", want, match(t, again, text, own("ann")))
	}
}

// testCountedApart: scores tell nothing of what others have.
func testCountedApart(t *testing.T, l *library) {
	chunks := chunksOf(0, "heron and engine", "heron", "a lake of herons")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	scores := func() (all []float64) {
		hits, err := Match(t.Context(), l.Index, "heron engine", 10, own("ann"))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			all = append(all, h.Score)
		}
		return all
	}
	before := scores()
	for i := range 20 {
		others := chunksOf(0, "engine", "engine upon engine, and a long text of many other words")
		l.put(t, version("bob", fmt.Sprint("d", i), fmt.Sprint("b", i), others), others)
	}
	equal(t, "scores", before, scores())
}

func testWordScore(t *testing.T, l *library) {
	chunks := chunksOf(0, "heron lake pier", "heron tree road", "stone field house")
	v := version("ann", "d", "v1", chunks)
	v.Metadata = nil
	l.put(t, v, chunks)
	for _, tt := range []struct {
		text        string
		least, most float64
	}{
		{"heron lake", 0.9, 1.1},
		{"pier", 0.9, 1.1},
		{"lake nothere", 0.1, 0.6},
	} {
		hits, err := Match(t.Context(), l.Index, tt.text, 1, own("ann"))
		if err != nil || len(hits) != 1 || hits[0].Score < tt.least || hits[0].Score > tt.most || math.IsNaN(hits[0].Score) {
			t.Errorf("%q: %v, %v, want from %g to %g", tt.text, hits, err, tt.least, tt.most)
		}
	}
	equal(t, "nothing", nil, match(t, l.Index, "zzzzqqqq nothing", own("ann")))
}

func testPlaces(t *testing.T, l *library) {
	at := func(s float64) *float64 { return &s }
	chunks := chunksOf(0, "one two", "three")
	chunks[0].Places = []index.Place{
		{Page: 1, Heading: "A › B"},
		{At: 4, Page: 2, Start: at(0), End: at(3.5), Speaker: "Ada"},
	}
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	again := l.Reopen(t)
	for text, want := range map[string][]index.Place{"two": chunks[0].Places, "three": nil} {
		hits, err := Match(t.Context(), again, text, 1, own("ann"))
		if err != nil || len(hits) != 1 {
			t.Fatal(hits, err)
		}
		equal(t, text, want, hits[0].Places)
	}
	hits, err := Nearest(t.Context(), again, towards(0), 1, own("ann"))
	if err != nil || len(hits) != 1 {
		t.Fatal(hits, err)
	}
	equal(t, "nearest", chunks[0].Places, hits[0].Places)
}

// testPhrases asks the same of both searches.
func testPhrases(t *testing.T, l *library) {
	texts := []string{"the night heron sleeps", "a heron at night", "night, heron, night", "engine", "西東京市", "京東"}
	for i := range 40 { // more than are looked at for one answer
		texts = append(texts, fmt.Sprint("heron of the night ", i))
	}
	chunks := chunksOf(0, texts...)
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	for _, tt := range []struct {
		text string
		s    index.Scope
		want []string
	}{
		{"heron night", index.Scope{Phrases: []string{"night heron"}}, []string{"d/0", "d/2"}},
		{"heron night", index.Scope{Phrases: []string{"Night-Heron"}, Without: []string{"sleeps"}}, []string{"d/2"}},
		{"heron", index.Scope{Without: []string{"of the"}}, []string{"d/0", "d/1", "d/2"}},
		{"heron engine", index.Scope{Without: []string{"HERON"}}, []string{"d/3"}},
		{"東京", index.Scope{Phrases: []string{"東京"}}, []string{"d/4"}},
		{"heron", index.Scope{Phrases: []string{"night herons"}}, nil},
		{"heron", index.Scope{Phrases: []string{"…"}, Without: []string{"", "of the"}}, []string{"d/0", "d/1", "d/2"}},
	} {
		tt.s.Owner = "ann"
		what := fmt.Sprintf("%s with %q without %q", tt.text, tt.s.Phrases, tt.s.Without)
		equal(t, what, tt.want, match(t, l.Index, tt.text, tt.s))
		near := nearest(t, l.Index, 0, tt.s)
		for _, found := range tt.want {
			if !slices.Contains(near, found) {
				t.Errorf("%s: %s is not near", what, found)
			}
		}
		few, err := Nearest(t.Context(), l.Index, towards(0), 1, tt.s)
		if err != nil || len(few) > 1 || len(near) > 0 && len(few) == 0 {
			t.Errorf("%s: the nearest is %v, %v", what, few, err)
		}
	}
}
