package layout

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// sheetOf sets lines at 12 points from each other, from a place on; a line may begin with
// "#size " or with "^" for bold letters, and has runs side by side where it has a tab.
type typist struct {
	page Page
	y    float64
}

func (w *typist) line(x, size float64, text string) *typist {
	w.y += 1.2 * size
	bold := strings.HasPrefix(text, "^")
	text = strings.TrimPrefix(text, "^")
	for part := range strings.SplitSeq(text, "\t") {
		width := 0.5 * size * float64(utf8.RuneCountInString(part))
		if part != "" {
			w.page.Runs = append(w.page.Runs, Run{Box: Box{x, w.y - size, x + width, w.y}, Size: size, Bold: bold, Text: part})
		}
		x += max(width+20, 100)
	}
	return w
}

func (w *typist) space(points float64) *typist {
	w.y += points
	return w
}

// raise sets a mark behind the last run, smaller and higher, and goes on after it.
func (w *typist) raise(mark, rest string) *typist {
	last := w.page.Runs[len(w.page.Runs)-1]
	x := last.Right
	w.page.Runs = append(w.page.Runs, Run{Box: Box{x, last.Top - 2, x + 3, last.Bottom - 3}, Size: 6, Text: mark})
	if rest != "" {
		w.page.Runs = append(w.page.Runs, Run{Box: Box{x + 3, last.Top, x + 3 + 5*float64(len(rest)), last.Bottom}, Size: last.Size, Text: rest})
	}
	return w
}

func paper() *typist { return &typist{page: Page{Width: 595, Height: 842}, y: 100} }

const (
	full  = "This line is long enough to fill all of the column in which it is"
	full2 = "and so is this one, which goes on with what the one above it said"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pages []*typist
		want  string
	}{
		"a paragraph":           {[]*typist{paper().line(60, 10, full).line(60, 10, full2).line(60, 10, "to the end.")}, full + " " + full2 + " to the end."},
		"by indent":             {[]*typist{paper().line(60, 10, full).line(60, 10, "ends.").line(80, 10, full).line(60, 10, "more")}, full + " ends.\n\n" + full + " more"},
		"an address":            {[]*typist{paper().line(60, 10, "Harbour Board").line(60, 10, "Quay 7 West").line(60, 10, "9014 Nordvik").space(20).line(60, 10, full)}, "Harbour Board\nQuay 7 West\n9014 Nordvik\n\n" + full},
		"a cut word":            {[]*typist{paper().line(60, 10, full+" infra-").line(60, 10, "structure of it")}, full + " infrastructure of it"},
		"a hyphen that belongs": {[]*typist{paper().line(60, 10, full+" long-").line(60, 10, "term ones")}, full + " long-term ones"},
		"a list":                {[]*typist{paper().line(60, 10, "• one").line(60, 10, "• two").line(80, 10, "• three").line(60, 10, "• four")}, "- one\n- two\n    - three\n- four"},
		"numbers":               {[]*typist{paper().line(60, 10, "1. one").line(60, 10, "2. two")}, "1. one\n2. two"},
		"boxes":                 {[]*typist{paper().line(60, 10, "\uf0fe done").line(60, 10, "\uf06f open")}, "- [x] done\n- [ ] open"},
		"raised figures":        {[]*typist{paper().line(60, 10, "about 10").raise("6", " times as much")}, "about 10⁶ times as much"},
		"no heading by sign":    {[]*typist{paper().line(60, 10, "# of items")}, `\# of items`},
		"ligatures":             {[]*typist{paper().line(60, 10, "diﬃcult ofﬁce")}, "difficult office"},
		"spaced letters":        {[]*typist{paper().line(60, 10, "M I N U T E S")}, "MINUTES"},
		"CJK":                   {[]*typist{paper().line(60, 10, "港口位于河流的入口处两股海流在此交汇").line(60, 10, "水从不结冰。")}, "港口位于河流的入口处两股海流在此交汇水从不结冰。"},
		"a note": {[]*typist{paper().line(60, 10, full).raise("1", "").line(60, 10, "the text ends here.").space(400).line(60, 8, "").mark(60, "1").line(66, 8, "The note itself.")},
			full + "[^1] the text ends here.\n\n[^1]: The note itself."},
		"drawn twice": {[]*typist{paper().line(60, 10, "shadow").space(-12).line(60.4, 10, "shadow")}, "shadow"},
		"a heading and its text": {[]*typist{paper().line(60, 16, "Floods").space(8).line(60, 10, full).line(60, 10, "to the end.")},
			"# Floods\n\n" + full + " to the end."},
		"across pages": {[]*typist{paper().line(60, 10, full2).line(60, 10, full), paper().line(60, 10, "and it goes on here.").space(9).line(60, 10, "More.")},
			full2 + " " + full + " \fand it goes on here.\n\nMore."},
		"a word across pages": {[]*typist{paper().line(60, 10, full2).line(60, 10, full+" har-"), paper().line(60, 10, "bour and its water.")},
			full2 + " " + full + " harbour \fand its water."},
		"a list on a new page": {[]*typist{paper().line(60, 10, full), paper().line(60, 10, "• one")}, full + "\n\n\f\n\n- one"},
		"running titles": {[]*typist{edged("Report 1", "1"), edged("Report 2", "2"), edged("Report 3", "3")},
			full + "\n\n\f\n\n" + full + "\n\n\f\n\n" + full},
		"a table": {[]*typist{paper().line(60, 10, full).space(10).line(60, 10, "Ship\tLength\tFee").line(60, 10, "Dinghy\t4 m\t2.50").line(60, 10, "Boat\t\t7.25").line(60, 10, "Ferry\t40 m\t9.00")},
			full + "\n\n| Ship | Length | Fee |\n| --- | --- | --- |\n| Dinghy | 4 m | 2.50 |\n| Boat |  | 7.25 |\n| Ferry | 40 m | 9.00 |"},
		"lists side by side": {[]*typist{paper().line(60, 10, full).space(10).line(60, 10, "Before\t\tAfter").line(60, 10, "• slow\t\t• fast").line(60, 10, "• dear\t\t• cheap").line(60, 10, "• old")},
			full + "\n\nBefore\n\n- slow\n- dear\n- old\n\nAfter\n\n- fast\n- cheap"},
		"a large sentence": {[]*typist{paper().line(60, 10, full).line(60, 10, full2).line(60, 10, full).space(20).line(60, 13, "A sentence that is set larger than all the others is still one of them.")},
			full + " " + full2 + " " + full + "\n\nA sentence that is set larger than all the others is still one of them."},
		"a form": {[]*typist{paper().line(60, 10, "Name:\tAnna Berg").line(60, 10, "Town:\tNordvik").line(60, 10, "Boat:\tAurora")},
			"Name: Anna Berg\nTown: Nordvik\nBoat: Aurora"},
	} {
		var doc Document
		for _, p := range tt.pages {
			doc.Pages = append(doc.Pages, p.page)
		}
		if got := Markdown(doc).Join(); got != tt.want {
			t.Errorf("%s: got %q\nwant %q", name, got, tt.want)
		}
	}
}

// mark sets the raised mark of a note before the line that follows.
func (w *typist) mark(x float64, text string) *typist {
	w.page.Runs = append(w.page.Runs, Run{Box: Box{x, w.y + 0.5, x + 3, w.y + 6}, Size: 5, Text: text})
	return w
}

// edged is a page with a running title and a number.
func edged(title, number string) *typist {
	w := paper()
	w.y = 30
	w.line(60, 8, title)
	w.y = 100
	w.line(60, 10, full)
	w.y = 800
	return w.line(290, 8, number)
}

// Two columns of text are read one after the other; what stands across them, in its place.
func TestColumns(t *testing.T) {
	t.Parallel()
	w := paper().line(60, 18, "A title that stands across both of the columns")
	top := w.y
	var want []string
	for column, name := range []string{"left", "right"} {
		w.y = top + 20
		var all []string
		for i := range 8 {
			text := "the " + name + " column has a line " + string(rune('a'+i)) + " which is this"
			w.line(60+float64(column)*250, 10, text)
			all = append(all, text)
		}
		want = append(want, strings.Join(all, " "))
	}
	got := Markdown(Document{Pages: []Page{w.page}}).Join()
	if want := "# A title that stands across both of the columns\n\n" + strings.Join(want, " "); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Cells are told by the lines that are drawn around them, however few or long they are.
func TestRuledTable(t *testing.T) {
	t.Parallel()
	w := paper().line(60, 10, full).space(6)
	top := w.y
	w.line(62, 10, "Officer").line(62, 10, "Pilot")
	w.y = top
	w.line(162, 10, "Duty").line(162, 10, "He brings vessels of more").line(162, 10, "than twenty metres in")
	for _, x := range []float64{60, 160, 400} {
		w.page.Rules = append(w.page.Rules, Box{x, top, x + 0.5, top + 42})
	}
	for _, y := range []float64{top, top + 14, top + 42} {
		w.page.Rules = append(w.page.Rules, Box{60, y, 400, y + 0.5})
	}
	got := Markdown(Document{Pages: []Page{w.page}}).Join()
	want := full + "\n\n| Officer | Duty |\n| --- | --- |\n| Pilot | He brings vessels of more than twenty metres in |"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// FuzzMarkdown: no letter and no digit is lost, wherever on a page it stands.
func FuzzMarkdown(f *testing.F) {
	f.Add("one\ttwo\nthree\tfour\n• a\n1. b", []byte{10, 3, 200, 17, 9, 9, 9})
	f.Add("مرحبا 25\nשלום\n字\n- x-\ny", []byte{0, 255, 1, 2, 80})
	f.Add("1\n\uf0b7\n\u00ad\nﬁ", []byte{})
	f.Fuzz(func(t *testing.T, text string, places []byte) {
		var page Page
		at := func(i int) float64 {
			if len(places) == 0 {
				return float64(i)
			}
			return float64(places[i%len(places)])
		}
		i := 0
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\t' }) {
			size := 4 + at(i+2)/16
			// Nothing at the same place: that would be drawn twice.
			left, top := 2*at(i)+float64(i)/100, 3*at(i+1)+float64(1000*i)
			page.Runs = append(page.Runs, Run{Box: Box{left, top, left + size*float64(len(part))/2, top + size}, Size: size, Bold: at(i+3) > 200, Text: part})
			if at(i+4) > 128 {
				page.Rules = append(page.Rules, Box{at(i + 5), at(i + 6), 2 * at(i+7), 2 * at(i+8)})
			}
			i++
		}
		out := Markdown(Document{Pages: []Page{page, page}}).Join()
		if !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		left := map[rune]int{}
		for _, r := range out {
			left[r]++
		}
		for _, run := range page.Runs {
			for _, r := range cleanText(run.Text) + cleanText(run.Text) {
				if left[r]--; left[r] < 0 && unicode.IsLetter(r) {
					t.Fatalf("%q is lost: %q became %q", r, text, out)
				}
			}
		}
	})
}

// A page of very many pieces takes no longer than a page may: whoever sends it is a stranger.
func TestCrowdedPage(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for name, place := range map[string]func(i int) (x, y float64){
		"scattered": func(int) (float64, float64) { return 600 * random.Float64(), 800 * random.Float64() },
		"stairs":    func(i int) (float64, float64) { return float64(i % 600), float64(i) / 25 },
		"a grid":    func(i int) (float64, float64) { return float64(i%100) * 6, float64(i/100) * 4 },
	} {
		for _, n := range []int{3900, 15_000} {
			page := Page{Width: 600, Height: 800}
			for i := range n {
				x, y := place(i)
				page.Runs = append(page.Runs, Run{Box: Box{x, y, x + 3, y + 3}, Size: 3, Text: "word"})
				if i < maxRules {
					page.Rules = append(page.Rules, Box{x, y, x + 20, y + 0.5})
				}
			}
			start := time.Now()
			out := Markdown(Document{Pages: []Page{page}}).Join()
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%s took %s", name, took)
			}
			if len(out) < 3*n {
				t.Errorf("%s: %d bytes", name, len(out))
			}
		}
	}
}

// A table that goes on on the next pages is one, with its head once and all its rows, though
// those at the edge of the pages differ in their numbers alone.
func TestTablesAcrossPages(t *testing.T) {
	t.Parallel()
	for name, hasHead := range map[string]bool{"with a head on each page": true, "with one": false} {
		var doc Document
		want, n := "", 0
		for page := range 4 {
			w := paper()
			w.y = 30
			if page == 0 || hasHead {
				w.line(60, 10, "Ship\tLength\tFee")
			}
			for range 60 {
				n++
				w.line(60, 10, fmt.Sprintf("Boat %d\t%d m\t%d.50", n, n%9, n%7))
				want += fmt.Sprintf("\n| Boat %d | %d m | %d.50 |", n, n%9, n%7)
			}
			doc.Pages = append(doc.Pages, w.page)
		}
		if got := Markdown(doc).Join(); got != "| Ship | Length | Fee |\n| --- | --- | --- |"+want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
