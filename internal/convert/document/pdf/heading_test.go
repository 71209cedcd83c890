package pdf_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// report is three pages with headings of three sizes, running titles and page numbers.
func report(t testing.TB) []byte {
	t.Helper()
	prose := []string{
		"The river rises in the hills of the north and flows for three hundred miles before",
		"it reaches the sea. On its way it passes two cities and a great many villages, and",
		"its water drives eleven mills.",
	}
	var pages []*paper
	for i := range 3 {
		p := &paper{}
		p.text(60, 40, 9, true, fmt.Sprintf("Water board %d", 2020+i))
		p.text(290, 815, 9, false, fmt.Sprint(i+1))
		pages = append(pages, p)
	}
	p := pages[0]
	p.text(60, 100, 24, true, "The Rivers of the North")
	p.text(60, 128, 24, true, "and their Mills")
	y := p.body(170, prose...)
	p.text(60, y+20, 16, true, "Sources")
	y = p.body(y+45, prose...)
	p.text(60, y+20, 13, true, "Springs in summer")
	p.body(y+45, prose...)
	p = pages[1]
	p.text(60, 100, 16, false, "Floods")
	y = p.body(130, prose...)
	y = p.body(y+13, prose...)
	p.text(60, y+10, 10, true, "Remedies")
	p.body(y+26, prose...)
	p = pages[2]
	p.text(60, 100, 10, true, "Warning:")
	p.text(110, 100, 10, false, "the water is deep and the current is strong, even in August.")
	y = p.body(120, prose...)
	p.text(60, y+20, 16, true, "Sources") // again, on another page
	p.body(y+45, prose...)
	return papers(t, pages...)
}

func TestPDFHeadings(t *testing.T) {
	for _, engine := range []string{"pdftohtml", "pdfium"} {
		t.Run(engine, func(t *testing.T) {
			doc, err := with(t, engine).Convert(t.Context(), documenttest.File(t, "r.pdf", report(t)), convert.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.SplitSeq(strings.ReplaceAll(doc.Content, content.PageBreak, "\n"), "\n") {
				if strings.HasPrefix(line, "#") {
					got = append(got, line)
				}
			}
			want := []string{"# The Rivers of the North and their Mills", "## Sources", "### Springs in summer", "## Floods", "#### Remedies", "## Sources"}
			if !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if doc.Metadata["title"] != "The Rivers of the North and their Mills" || !strings.HasPrefix(fmt.Sprint(doc.Metadata["engine"]), engine) {
				t.Errorf("metadata %v", doc.Metadata)
			}
			for _, text := range []string{"Water board", "\n2\n"} {
				if strings.Contains(doc.Content, text) {
					t.Errorf("%q of every page is in %q", text, doc.Content)
				}
			}
			for _, text := range []string{"\nWarning: the water is deep", "it reaches the sea. On its way it passes two cities"} {
				if !strings.Contains("\n"+doc.Content, text) {
					t.Errorf("no %q in %q", text, doc.Content)
				}
			}
		})
	}
}

// Sections that differ in nothing but their number have the level of their number.
func TestPDFNumberedHeadings(t *testing.T) {
	t.Parallel()
	p := &paper{}
	y := 80.0
	for _, heading := range []string{"1 Introduction", "1.1 Purpose", "1.2.1 Details of it", "2. Results", "Not a section."} {
		p.text(60, y, 10, true, heading)
		y = p.body(y+18, "Some lines of text that are long enough to be text and not anything else at all.", "They end here.") + 15
	}
	text := documenttest.Must(t, "n.pdf", string(papers(t, p))).Content
	for _, want := range []string{"# 1 Introduction\n", "\n## 1.1 Purpose\n", "\n### 1.2.1 Details of it\n", "\n# 2. Results\n", "\nNot a section."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
}

func TestPDFWithoutHeadings(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]func(*paper){
		"a table with a bold head": func(p *paper) {
			for row := range 8 {
				for column := range 3 {
					p.text(60+150*float64(column), 100+16*float64(row), 10, row == 0, fmt.Sprintf("Cell %d %d", row, column))
				}
			}
		},
		"contents": func(p *paper) {
			for i := range 8 {
				p.text(60, 100+16*float64(i), 16, false, fmt.Sprintf("Chapter %d . . . . . . . . %d", i, 10*i))
			}
			p.body(400, "The text of the page is of this size and there is enough of it to be the most,",
				"so that the contents above are larger than the text, which they are not in most books.",
				"A third line of it makes sure that the text is more than the contents are in letters.")
		},
		"all is bold":       func(p *paper) { p.text(60, 100, 10, true, "Only"); p.text(60, 130, 10, true, "Bold Text") },
		"one ornate letter": func(p *paper) { p.text(60, 100, 40, true, "T"); p.body(110, "here was once a line of text") },
	} {
		p := &paper{}
		page(p)
		if text := documenttest.Must(t, "x.pdf", string(papers(t, p))).Content; strings.HasPrefix(text, "#") || strings.Contains(text, "\n#") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// book is n pages of words; it returns the words too.
func book(t testing.TB, n int) ([]byte, []string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var pages []*paper
	var words []string
	for i := range n {
		p := &paper{}
		chapter := fmt.Sprintf("Chapter %d begins", i+1)
		p.text(60, 90, 16, true, chapter)
		words = append(words, strings.Fields(chapter)...)
		y := 120.0
		for range 45 {
			var line []string
			for range 14 {
				word := make([]byte, 2+random.IntN(6))
				for k := range word {
					word[k] = byte('a' + random.IntN(26))
				}
				line = append(line, string(word))
			}
			words = append(words, line...)
			y = p.body(y, strings.Join(line, " "))
		}
		pages = append(pages, p)
	}
	return papers(t, pages...), words
}

func TestPDFKeepsTheWords(t *testing.T) {
	for _, engine := range []string{"pdftohtml", "pdfium"} {
		t.Run(engine, func(t *testing.T) {
			raw, words := book(t, 10)
			doc, err := with(t, engine).Convert(t.Context(), documenttest.File(t, "book.pdf", raw), convert.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			left := map[string]int{}
			for _, word := range strings.FieldsFunc(doc.Content, func(r rune) bool { return r == ' ' || r == '\n' || r == '\f' }) {
				left[word]++
			}
			missing := 0
			for _, word := range words {
				if left[word]--; left[word] < 0 {
					missing++
				}
			}
			if float64(missing) > 0.01*float64(len(words)) {
				t.Errorf("%d of %d words are missing", missing, len(words))
			}
			if got := strings.Count("\n"+strings.ReplaceAll(doc.Content, "\f", "\n"), "\n# Chapter"); got != 10 {
				t.Errorf("%d chapters", got)
			}
		})
	}
}
