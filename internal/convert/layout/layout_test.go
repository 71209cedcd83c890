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
		"stretched words": {[]*typist{paper().line(60, 10, "pepper   travel   island   valley   thread   marble").line(60, 10, "garden   meadow   temple   border   silver   saddle").line(60, 10, "forest   bridge   copper   season   letter   carpet")},
			"pepper travel island valley thread marble garden meadow temple border silver saddle forest bridge copper season letter carpet"},
		"cells in one run": {[]*typist{paper().line(60, 10, "Ship name        Fee").line(60, 10, "A dinghy         2.50").line(60, 10, "A sailing boat   7.25")},
			"| Ship name | Fee |\n| --- | --- |\n| A dinghy | 2.50 |\n| A sailing boat | 7.25 |"},
		"a power is no note": {[]*typist{paper().line(60, 10, "an area of 5 m").raise("2", "").line(60, 10, "in all.").space(400).line(60, 8, "").mark(60, "2").line(66, 8, "The note itself.")},
			"an area of 5 m² in all.\n\n² The note itself."},
		"a note before a stop": {[]*typist{paper().line(60, 10, "as in Yunnan").raise("1", ". There").space(400).line(60, 8, "").mark(60, "1").line(66, 8, "The note itself.")},
			"as in Yunnan[^1]. There\n\n[^1]: The note itself."},
		"a bold word after a full line": {[]*typist{paper().line(60, 10, full+" there.").line(60, 10, "^Market").line(80, 10, "is where they buy.")},
			full + " there.\n\nMarket\n\nis where they buy."},
		"radicals are characters": {[]*typist{paper().line(60, 10, "⼈⼭︑⽣")}, "人山、生"},
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

// Lines of letters below each other are read from the right to the left.
func TestVertical(t *testing.T) {
	t.Parallel()
	page := Page{Width: 595, Height: 842}
	for i, text := range []string{"昔々ある所にお爺さんとお婆さんが住んでいました", "お爺さんは山へ柴刈りに行きました"} {
		x, y := 500-18*float64(i), 60.0
		for _, r := range text {
			page.Runs = append(page.Runs, Run{Box: Box{x, y, x + 12, y + 15}, Size: 12, Text: string(r)})
			y += 12
		}
	}
	got := Markdown(Document{Pages: []Page{page}}).Join()
	if want := "昔々ある所にお爺さんとお婆さんが住んでいましたお爺さんは山へ柴刈りに行きました"; got != want {
		t.Errorf("got %q", got)
	}
}

// What begins left of the lines of a column, its bullets and its head, is of this column.
func TestColumnWithBullets(t *testing.T) {
	t.Parallel()
	w := paper()
	var left []string
	for i := range 12 {
		text := "the text of the column " + string(rune('a'+i)) + " goes on and on here"
		w.line(60, 10, text)
		left = append(left, text)
	}
	w.y = 100
	w.line(330, 12, "^Contacts").space(6)
	want := strings.Join(left, " ") + "\n\n# Contacts\n"
	for _, item := range []string{"the office of the harbour", "the master of the bridge", "the board of the town"} {
		w.line(340, 10, "•")
		w.y -= 12
		w.line(352, 10, item).line(352, 10, "and all who work for them")
		want += "\n- " + item + " and all who work for them"
	}
	if got := Markdown(Document{Pages: []Page{w.page}}).Join(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A table below columns that end at one height is read after all of them.
func TestBelowColumns(t *testing.T) {
	t.Parallel()
	w := paper()
	var all []string
	for column := range 3 {
		w.y = 100
		for i := range 6 {
			text := fmt.Sprintf("column %d line %c is this", column, 'a'+i)
			w.line(60+160*float64(column), 10, text)
			all = append(all, text)
		}
	}
	w.space(12).line(60, 10, "Ship\tFee").line(60, 10, "Boat\t7.25").line(60, 10, "Ferry\t9.00").space(12).
		line(60, 10, full+" from one edge of the page to the other one").line(60, 10, "ends.")
	got := Markdown(Document{Pages: []Page{w.page}}).Join()
	want := strings.Join(all, " ") + "\n\n| Ship | Fee |\n| --- | --- |\n| Boat | 7.25 |\n| Ferry | 9.00 |\n\n" +
		full + " from one edge of the page to the other one ends."
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Rows are told by the lines between them, or by the space, where a cell has several lines and
// those beside it stand in its middle.
func TestRowsOfSeveralLines(t *testing.T) {
	t.Parallel()
	want := "| Code | What it is | Fee |\n| --- | --- | --- |"
	for i := range 4 {
		want += fmt.Sprintf("\n| A-%d | the first line of what it is and the second | %d.50 |", i, i)
	}
	for name, drawn := range map[string]int{"by space": 0, "by lines": 1, "by lines for each cell": 2} {
		w := paper().line(60, 10, "Code\tWhat it is\t\tFee")
		for i := range 4 {
			top := w.y + 8
			w.y = top
			if drawn == 1 {
				w.page.Rules = append(w.page.Rules, Box{58, top - 5, 460, top - 4.5})
			}
			if drawn == 2 {
				w.page.Rules = append(w.page.Rules, Box{58, top - 5, 150, top - 4.5}, Box{150, top - 5, 350, top - 4.5}, Box{350, top - 5, 460, top - 4.5})
			}
			w.line(160, 10, "the first line of what it is").line(160, 10, "and the second")
			w.y = top + 6
			w.line(60, 10, fmt.Sprintf("A-%d\t\t\t%d.50", i, i))
			w.y = top + 24
		}
		if got := Markdown(Document{Pages: []Page{w.page}}).Join(); got != want {
			t.Errorf("%s: got %q\nwant %q", name, got, want)
		}
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

// A cell that spans rows stands in each of them.
func TestRowSpan(t *testing.T) {
	t.Parallel()
	w := paper().line(62, 10, "Region\tYear").line(62, 10, "\tSpring").line(62, 10, "North\t10")
	for _, x := range []float64{60, 150, 300} {
		w.page.Rules = append(w.page.Rules, Box{x, 100, x + 0.5, 136})
	}
	w.page.Rules = append(w.page.Rules, Box{60, 100, 300, 100.5}, Box{150, 112, 300, 112.5}, Box{60, 125, 300, 125.5}, Box{60, 136, 300, 136.5})
	got := Markdown(Document{Pages: []Page{w.page}}).Join()
	if want := "| Region | Year |\n| --- | --- |\n| Region | Spring |\n| North | 10 |"; got != want {
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

// What is drawn on a page that is turned is turned with it: the table has its lines.
func TestTurnedTable(t *testing.T) {
	t.Parallel()
	w := paper().line(62, 10, "Region\tYear").line(62, 10, "\tSpring").line(62, 10, "North\t10").space(10).line(62, 10, full)
	for _, x := range []float64{60, 150, 300} {
		w.page.Rules = append(w.page.Rules, Box{x, 100, x + 0.5, 136})
	}
	w.page.Rules = append(w.page.Rules, Box{60, 100, 300, 100.5}, Box{150, 112, 300, 112.5}, Box{60, 125, 300, 125.5}, Box{60, 136, 300, 136.5})
	want := "| Region | Year |\n| --- | --- |\n| Region | Spring |\n| North | 10 |\n\n" + full
	for name, tt := range map[string]struct {
		width, height float64
		to            func(Box) Box
		turned        bool
	}{
		"upwards":     {842, 595, func(b Box) Box { return Box{b.Top, 595 - b.Right, b.Bottom, 595 - b.Left} }, true},
		"downwards":   {842, 595, func(b Box) Box { return Box{842 - b.Bottom, b.Left, 842 - b.Top, b.Right} }, true},
		"on its head": {595, 842, func(b Box) Box { return Box{595 - b.Right, 842 - b.Bottom, 595 - b.Left, 842 - b.Top} }, false},
	} {
		page := Page{Width: tt.width, Height: tt.height}
		for _, r := range w.page.Runs {
			r.Box, r.Turned, r.Upended = tt.to(r.Box), tt.turned, !tt.turned
			page.Runs = append(page.Runs, r)
		}
		for _, b := range w.page.Rules {
			page.Rules = append(page.Rules, tt.to(b))
		}
		if got := Markdown(Document{Pages: []Page{page}}).Join(); got != want {
			t.Errorf("%s: got %q\nwant %q", name, got, want)
		}
	}
}
