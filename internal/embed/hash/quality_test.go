package hash

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/embed"
)

func TestFormsAndTyposAreCloserThanOtherWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, near, far string }{
		{"mountain", "mountains", "fountain"},
		{"mountain", "moutnain", "motorway"},
		{"recording", "recordings", "according"},
		{"decide", "decided", "divide"},
		{"transcription", "transcribe", "subscription"},
		{"the committee decided", "a decision of the commitee", "the weather changed"},
		{"Universität", "Universitäten", "Unterhaltung"},
		{"библиотека", "библиотеки", "автомобиль"},
		{"富士山は高い", "高い富士山", "海は青い"},
		{"MOUNTAIN", "mountain", "mountains"},
		{"ﬁne ＡＢＣ", "fine abc", "find abd"},
		{"hyphen\u00adation", "hyphenation", "hyphen ation"},
	} {
		e := New(0)
		text, near, far := vector(t, e, test.text), vector(t, e, test.near), vector(t, e, test.far)
		if dot(text, near) < dot(text, far)+0.05 {
			t.Errorf("%q is to %q %.2f, to %q %.2f", test.text, test.near, dot(text, near), test.far, dot(text, far))
		}
	}
}

func TestUnrelatedTextsAreNearlyOrthogonal(t *testing.T) {
	t.Parallel()
	words := []string{"mountain", "bicycle", "yoghurt", "python", "flute", "weaving", "quark", "zinc", "dinner", "job"}
	for _, dimension := range []int{128, 512, 2048} {
		e := New(dimension)
		var squares, pairs float64
		for i := range 60 {
			for j := range i {
				a := fmt.Sprintf("%s%dx", words[i%10], i*7919)
				b := fmt.Sprintf("%s%dx", words[j%10], j*104729)
				if a[:3] != b[:3] {
					product := dot(vector(t, e, a), vector(t, e, b))
					squares, pairs = squares+product*product, pairs+1
				}
			}
		}
		deviation, bound := math.Sqrt(squares/pairs), 1/math.Sqrt(float64(dimension))
		if deviation < bound*0.7 || deviation > bound*1.5 {
			t.Errorf("dimension %d: standard deviation %.4f, expected about %.4f", dimension, deviation, bound)
		}
	}
}

func TestQueryRanksItsPassageFirst(t *testing.T) {
	t.Parallel()
	passages := []string{
		"Bread dough rises because yeast turns sugar into gas, which the gluten holds.",
		"The committee decided on Tuesday which of the three offers is to be accepted.",
		"A bicycle chain is oiled when it is dry, and cleaned before that.",
		"Trains to the coast leave every hour; the last one is at half past ten.",
		"Whales are mammals: they breathe air and feed their young with milk.",
		"Which key fits is written on the small label that is fixed to it.",
		"Everest is the highest of the mountains, more than eight kilometres above the sea.",
		"The invoice is due within thirty days, which the contract says in section four.",
		"A violin has four strings, tuned in fifths from the G below middle C.",
		"Copper conducts electricity well and is easily drawn into wire.",
		"The high court heard the case in March and will give its judgment in June.",
		"Tomatoes want sun, water at the root and a stake to climb.",
		"The river floods in spring when the snow melts upstream.",
		"Glass is made of sand, soda and lime, melted together at great heat.",
		"Backups are only as good as the last time that somebody restored one.",
		"A good map shows which paths are steep and which are closed in winter.",
		"The library lends books for four weeks and records for two.",
		"Sheep are shorn once a year, in early summer, before it is hot.",
		"Prices are high when everybody wants to buy and nobody needs to sell.",
		"The printer is out of paper again; the high shelf has more of it.",
	}
	for query, want := range map[string]int{
		"which mountain is high":                 6,
		"when are train departures to the coast": 3,
		"restoring a backup":                     14,
		"what do electrical wires consist of":    9,
		"bicicle chian":                          2,
	} {
		if got := ranked(t, query, passages)[0]; got != want {
			t.Errorf("%q finds %q first, not %q", query, passages[got], passages[want])
		}
	}
}

func TestRepetitionCountsLittle(t *testing.T) {
	t.Parallel()
	e := New(0)
	once, often := vector(t, e, "hotel"), vector(t, e, strings.Repeat("river ", 60)+"hotel")
	if similarity := dot(once, often); similarity < 0.1 {
		t.Errorf("sixty times another word leaves a word a similarity of %.3f", similarity)
	}
}

func TestFunctionWordsCountLittle(t *testing.T) {
	t.Parallel()
	e := New(0)
	query := vector(t, e, "where is the summit of this")
	if about, like := dot(query, vector(t, e, "summit view")), dot(query, vector(t, e, "this is where the heart of it is")); about < like+0.1 {
		t.Errorf("the subject counts %.2f, the sentence's build %.2f", about, like)
	}
}

func TestEncodedDataDoesNotDrownText(t *testing.T) {
	t.Parallel()
	e := New(0)
	var blob strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&blob, "%x", i*7919)
	}
	text := "The mountain hut is open from June to September and has forty beds."
	if near := dot(vector(t, e, text), vector(t, e, text+" "+blob.String())); near < 0.6 {
		t.Errorf("with %d bytes of hexadecimal after it, a text is only %.2f like itself", blob.Len(), near)
	}
}

// BenchmarkRecall measures what [DefaultDimension] tells of: the part of the comments
// whose first sentence finds the rest of them among the first ten.
func BenchmarkRecall(b *testing.B) {
	questions, answers := comments(b)
	const every = 3 // question asked, for time
	for _, dimension := range []int{256, 512, 1024, 2048} {
		b.Run(fmt.Sprint(dimension), func(b *testing.B) {
			for b.Loop() {
				e := New(dimension)
				asked, err := e.Embed(b.Context(), embed.Query, questions)
				if err != nil {
					b.Fatal(err)
				}
				given, err := e.Embed(b.Context(), embed.Passage, answers)
				if err != nil {
					b.Fatal(err)
				}
				found := 0
				for i := 0; i < len(asked); i += every {
					question := asked[i]
					own, better := dot(question, given[i]), 0
					for j := range given {
						if answers[j] != answers[i] && dot(question, given[j]) > own {
							better++
						}
					}
					if better < 10 {
						found++
					}
				}
				b.ReportMetric(100*float64(found*every)/float64(len(asked)), "%found")
			}
		})
	}
}

// comments returns the declaration comments of the standard library that are longer
// than 200 characters after a first sentence of 30 to 200.
func comments(b *testing.B) (first, rest []string) {
	b.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(filepath.Join(build.Default.GOROOT, "src"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "cmd" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			var comment *ast.CommentGroup
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				comment = d.Doc
			case *ast.GenDecl:
				comment = d.Doc
			}
			text := strings.Join(strings.Fields(comment.Text()), " ")
			sentence, others, _ := strings.Cut(text, ". ")
			if len(sentence) > 30 && len(sentence) < 200 && len(others) > 200 {
				first, rest = append(first, sentence), append(rest, others)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return first, rest
}

func ranked(t *testing.T, query string, passages []string) []int {
	t.Helper()
	e := New(0)
	vectors, err := e.Embed(t.Context(), embed.Passage, passages)
	if err != nil {
		t.Fatal(err)
	}
	question := vector(t, e, query)
	order := make([]int, len(passages))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(dot(question, vectors[b]), dot(question, vectors[a]))
	})
	return order
}

func dot(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
