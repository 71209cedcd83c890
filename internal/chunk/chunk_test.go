package chunk

import (
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
)

// hashed counts words, each in one of 256 places.
func hashed(texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = make([]float32, 256)
		for _, word := range strings.Fields(strings.ToLower(text)) {
			h := fnv.New32a()
			_, _ = h.Write([]byte(strings.Trim(word, ".,!?")))
			vectors[i][h.Sum32()%256]++
		}
	}
	return vectors, nil
}

// texts of the chunks a text is cut into.
func texts(t *testing.T, text string, o Options) []string {
	t.Helper()
	chunks, err := Split(text, nil, o, hashed)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range chunks {
		all = append(all, c.Text)
	}
	return all
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		o    Options
		want []string
	}{
		"blank":              {" \n\f ", Options{"sentence", 10, 0}, nil},
		"fits":               {"  One. Two. ", Options{"sentence", 9, 0}, []string{"One. Two."}},
		"whole sentences":    {"One. Two. Three. Four.", Options{"sentence", 10, 0}, []string{"One. Two.", "Three.", "Four."}},
		"at clauses":         {"Red and, blue and, green.", Options{"sentence", 14, 0}, []string{"Red and,", "blue and,", "green."}},
		"at words":           {"one two three four five", Options{"sentence", 10, 0}, []string{"one two", "three four", "five"}},
		"inside a word":      {"abcdefghijklm no", Options{"sentence", 10, 0}, []string{"abcdefghij", "klm no"}},
		"keeps marks":        {"abcde\u0301f", Options{"sentence", 5, 0}, []string{"abcd", "e\u0301f"}},
		"too many marks":     {"e\u0301\u0301\u0301", Options{"sentence", 2, 0}, []string{"e\u0301", "\u0301\u0301"}},
		"joined emoji":       {"ab👩\u200d👩\u200d👧c", Options{"character", 6, 0}, []string{"ab", "👩\u200d👩\u200d👧c"}},
		"sentence overlap":   {"One. Two. Three. Four.", Options{"sentence", 12, 6}, []string{"One. Two.", "Two. Three.", "Three. Four."}},
		"overlap gives way":  {"One. Two. Fourteen!", Options{"sentence", 10, 9}, []string{"One. Two.", "Fourteen!"}},
		"word overlap":       {"aa bb cc dd ee. Ff gg hh ii.", Options{"sentence", 18, 5}, []string{"aa bb cc dd ee.", "ee. Ff gg hh ii."}},
		"no word cut":        {"abcdefghijklmnopqrstuvwxyz", Options{"word", 10, 5}, []string{"abcdefghij", "klmnopqrst", "uvwxyz"}},
		"words":              {"One. Two three, four.", Options{"word", 10, 0}, []string{"One. Two", "three,", "four."}},
		"words overlap":      {"one two three four", Options{"word", 14, 6}, []string{"one two three", "three four"}},
		"ideographs":         {"今天下雨我们不去", Options{"sentence", 4, 1}, []string{"今天下雨", "雨我们不", "不去"}},
		"characters":         {"abcdefghij", Options{"character", 4, 1}, []string{"abcd", "defg", "ghij"}},
		"characters, spaces": {"ab cd ef", Options{"character", 3, 1}, []string{"ab", "b c", "cd", "d e", "ef"}},
		"characters, umlaut": {"äöüß", Options{"character", 2, 1}, []string{"äö", "öü", "üß"}},
		"paragraphs":         {"One.\n\nTwo.\n\nThree.", Options{"paragraph", 11, 0}, []string{"One.\n\nTwo.", "Three."}},
		"long paragraph":     {"One. Two.\n\nThree is. Four.", Options{"paragraph", 12, 0}, []string{"One. Two.", "Three is.", "Four."}},
		"paragraph overlap":  {"Aa.\n\nBb.\n\nCc dd ee.", Options{"paragraph", 15, 4}, []string{"Aa.\n\nBb.", "Bb.\n\nCc dd ee."}},
		"sentence in overlap": {"Aa. Bb cc. Dd.\n\nEe ff gg hh.", Options{"paragraph", 18, 5},
			[]string{"Aa. Bb cc. Dd.", "Dd.\n\nEe ff gg hh."}},
		"much overlap":  {"abcdefghijklmnop", Options{"character", 8, 7}, []string{"abcdefgh", "efghijkl", "ijklmnop"}},
		"pages":         {"One. Two.\f\fThree.\nFour.\f", Options{"page", 100, 50}, []string{"One. Two.", "Three.\nFour."}},
		"a long page":   {"One. Two. Six.\fThree.", Options{"page", 10, 5}, []string{"One. Two.", "Two. Six.", "Three."}},
		"no pages":      {"One. Two.", Options{"page", 5, 0}, []string{"One.", "Two."}},
		"no segments":   {"One. Two. Six.", Options{"segment", 10, 5}, []string{"One. Two.", "Two. Six."}},
		"few sentences": {"One. Two.", Options{"semantic", 10, 0}, []string{"One. Two."}},
		"all the same":  {"One. One. One. One.", Options{"semantic", 100, 0}, []string{"One. One. One. One."}},
		"heading stays": {"Para here.\n\n# Head\n\nText.", Options{"paragraph", 20, 0}, []string{"Para here.", "# Head\n\nText."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, texts(t, test.text, test.o)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitPages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		"One. Two.":             {0, 0},
		"One. Two.\f":           {0, 0},
		"One.\fTwo.":            {1, 2},
		"\fOne.\n\n\f\fTwo.\f":  {2, 4},
		"One. Two.\fThree.":     {1, 1, 2},
		"Onetwothree\fcontinue": {1, 1, 2},
	} {
		chunks, err := Split(text, nil, Options{"sentence", 8, 0}, hashed)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, c := range chunks {
			got = append(got, c.Page)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: pages %v, want %v", text, got, want)
		}
	}
}

func TestSplitTimes(t *testing.T) {
	t.Parallel()
	segments := []content.Segment{
		{Start: 0, End: 2, Text: " Hello there. "},
		{Start: 2, End: 3, Text: ""},
		{Start: 3, End: 4.5, Text: "Not in the text."},
		{Start: 5, End: 9, Text: "General Kenobi."},
		{Start: 10, End: 11, Text: "Hello there."},
	}
	text := "# Talk\n\n[00:00:00] Hello there.\n[00:00:05] General Kenobi.\n[00:00:10] Hello there.\n\nNotes on it all."
	chunks, err := Split(text, segments, Options{"sentence", 33, 0}, hashed)
	if err != nil {
		t.Fatal(err)
	}
	type times struct {
		Text     string
		Timed    bool
		From, To float64
	}
	var got []times
	for _, c := range chunks {
		got = append(got, times{c.Text, c.Timed, c.From, c.To})
	}
	want := []times{
		{"# Talk\n\n[00:00:00] Hello there.", true, 0, 2},
		{"[00:00:05] General Kenobi.", true, 5, 9},
		{"[00:00:10] Hello there.", true, 10, 11},
		{"Notes on it all.", false, 0, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	whole, err := Split(text, segments, Default(), hashed)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) != 1 || !whole[0].Timed || whole[0].From != 0 || whole[0].To != 11 {
		t.Errorf("in one chunk: %+v, want times 0 to 11", whole)
	}
}

// TestLocateMissing has a short text missing in its place that stands again at the
// end of a long recording: what lies between must not be lost. And a long preface.
func TestLocateMissing(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(strings.Repeat("A preface. ", 1000))
	segments := []content.Segment{{Text: "Begin."}, {Text: "Yes."}}
	text.WriteString("Begin. ")
	for range 1000 {
		text.WriteString("Something was said. ")
		segments = append(segments, content.Segment{Text: "Something was said."})
	}
	text.WriteString("Yes.")
	if got, want := len(locate(text.String(), segments)), len(segments)-1; got != want {
		t.Errorf("found %d segments, want %d", got, want)
	}
}

// TestLocateHopeless gives up on segments that have nothing to do with the text.
func TestLocateHopeless(t *testing.T) {
	t.Parallel()
	segments := slices.Repeat([]content.Segment{{Text: "Nowhere."}}, 2*effort)
	segments = append(segments, content.Segment{Text: "Here."})
	if got := locate("Here. And there.", segments[effort+2:]); len(got) != 1 {
		t.Errorf("after a few missing: found %d segments, want 1", len(got))
	}
	if got := locate("Here. And there.", segments); len(got) != 0 {
		t.Errorf("after many missing: found %d segments, want 0", len(got))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const sentence = "invalid chunking option: "
	for want, o := range map[string]Options{
		"": Default(),
		sentence + "chunk_size must be 500 to 16000 characters, not 10":                                                                       {"sentence", 10, 0},
		sentence + "chunk_size must be 500 to 16000 characters, not 16001":                                                                    {"sentence", 16001, 0},
		sentence + "chunk_overlap must be 0 to 1000 characters and below chunk_size (4000), not 1001":                                         {"word", 4000, 1001},
		sentence + "chunk_overlap must be 0 to 1000 characters and below chunk_size (4000), not -1":                                           {"word", 4000, -1},
		sentence + "chunk_overlap must be 0 to 1000 characters and below chunk_size (500), not 500":                                           {"word", 500, 500},
		sentence + `chunking_strategy must be one of sentence, paragraph, word, character, page, semantic, segment, not "line"`:               {"line", 500, 0},
		sentence + `chunking_strategy must be one of sentence, paragraph, word, character, page, semantic, segment, not "\x00` + aa(39) + `"`: {"\x00" + aa(100), 500, 0},
		sentence + `chunking_strategy must be one of sentence, paragraph, word, character, page, semantic, segment, not ""`:                   {"", 500, 0},
	} {
		err := o.Validate()
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrOption) || err.Error() != want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
	for _, o := range []Options{{"word", 500, 499}, {"character", 16000, 1000}, {"paragraph", 500, 0}} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []Options{{}, {"word", 0, 0}, {"word", 5, -1}, {"word", 5, 5}, {"line", 5, 0}} {
		if _, err := Split("text", nil, o, hashed); !errors.Is(err, ErrOption) {
			t.Errorf("%+v: %v, want ErrOption", o, err)
		}
	}
}

func aa(n int) string { return strings.Repeat("a", n) }

func TestStrategies(t *testing.T) {
	t.Parallel()
	want := []string{"sentence", "paragraph", "word", "character", "page", "semantic", "segment"}
	if got := Strategies(); !slices.Equal(got, want) || got[0] != DefaultStrategy {
		t.Errorf("strategies %v, want %v, the default first", got, want)
	}
}

// BenchmarkSplit cuts texts of two sizes: time per byte must stay the same. What is
// not prose is what could make it grow.
func BenchmarkSplit(b *testing.B) {
	shapes := map[string]string{
		"prose":    "Dr. Smith met Mr. Jones, who had 3.14 apples. \"Stop!\" he said.\nThen they left.\n\n",
		"chinese":  "今天下雨。我们不去！他说：“走吧。”她走了，",
		"letters":  "a",
		"initials": "A. ",
		"newlines": "\n",
		"spaces":   "                                        x",
		"dots":     ".",
		"quotes":   "\"",
		"stops":    ".\" ",
		"brackets": "(((((((((((((((((((((((((1. ",
		"marks":    "\u0301",
		"invalid":  "\xff\xe2\x82",
		"fences":   "```\n",
	}
	for _, strategy := range Strategies() {
		for name, shape := range shapes {
			for size, bytes := range map[string]int{"1MB": 1_000_000, "10MB": 10_000_000} {
				text := strings.Repeat(shape, bytes/len(shape))
				b.Run(strategy+"/"+name+"/"+size, func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					b.ReportAllocs()
					for b.Loop() {
						if _, err := Split(text, nil, Options{strategy, DefaultSize, DefaultOverlap}, hashed); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkSplitWorst has the overlap that makes the most chunks, and segments that
// are not in the text.
func BenchmarkSplitWorst(b *testing.B) {
	text := strings.Repeat("a b c. D", 10_000_000/8)
	segments := slices.Repeat([]content.Segment{{Text: "nowhere"}}, 10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Split(text, segments, Options{"word", 500, 499}, hashed); err != nil {
			b.Fatal(err)
		}
	}
}
