package chunk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
)

// checkInvariants reports the first promise of Split that the chunks break.
func checkInvariants(text string, o Options, chunks []Chunk) error {
	boundary := make(map[int]bool, len(text)+1)
	for i := range text {
		boundary[i] = true
	}
	boundary[len(text)] = true
	covered := 0
	for i, c := range chunks {
		fail := func(what string) error { return fmt.Errorf("chunk %d of %+v: %s: %+v", i, o, what, c) }
		switch {
		case c.Index != i:
			return fail("wrong index")
		case c.Start < 0 || c.End > len(text) || c.Start >= c.End || c.Text != text[c.Start:c.End]:
			return fail("not a slice of the document")
		case !boundary[c.Start] || !boundary[c.End]:
			return fail("splits a rune")
		case strings.TrimSpace(c.Text) != c.Text:
			return fail("not trimmed")
		case utf8.RuneCountInString(c.Text) > o.Size:
			return fail("too long")
		case c.Start > covered && strings.TrimSpace(text[covered:c.Start]) != "":
			return fail(fmt.Sprintf("lost %q before", text[covered:c.Start]))
		}
		if i > 0 {
			last := chunks[i-1]
			switch {
			case c.Start <= last.Start || c.End <= last.End:
				return fail("no progress")
			case c.Start < last.End && utf8.RuneCountInString(text[c.Start:last.End]) > o.Overlap:
				return fail("too much overlap")
			}
		}
		covered = c.End
	}
	if strings.TrimSpace(text[covered:]) != "" {
		return fmt.Errorf("%+v: lost %q at the end", o, text[covered:])
	}
	if err := checkPages(text, chunks); err != nil {
		return err
	}
	return checkUnits(text, o, chunks)
}

// checkPages counts page breaks its own way.
func checkPages(text string, chunks []Chunk) error {
	paged := strings.Contains(strings.TrimRightFunc(text, unicode.IsSpace), "\f")
	page, counted := 1, 0
	for _, c := range chunks {
		for ; counted < c.Start; counted++ {
			if text[counted] == '\f' {
				page++
			}
		}
		if paged && c.Page != page || !paged && c.Page != 0 {
			return fmt.Errorf("chunk %d: page %d, want %d (paged: %v)", c.Index, c.Page, page, paged)
		}
	}
	return nil
}

// ladders says again, independently of the table, what each strategy keeps whole.
var ladders = map[string][]func(string) []int{
	"sentence":  {sentences, clauses, words},
	"paragraph": {paragraphs, sentences, clauses, words},
	"word":      {words},
	"character": {},
}

// checkUnits checks that every list of units is in order, that no unit is cut which
// fits into a chunk (where units of a higher rung start inside, its parts count),
// that chunks are as full as they can be, and that what is shared starts with a unit.
func checkUnits(text string, o Options, chunks []Chunk) error {
	if o.Strategy == "page" {
		for _, c := range chunks {
			if strings.Contains(c.Text, "\f") {
				return fmt.Errorf("%+v: chunk %d goes over a page break: %+v", o, c.Index, c)
			}
		}
	}
	if ladders[o.Strategy] == nil { // what cuts apart first does not fill chunks
		return nil
	}
	repeatable := map[int]bool{}
	var list []int
	for rung, starts := range ladders[o.Strategy] {
		own := starts(text)
		if !slices.IsSorted(own) || len(slices.Compact(slices.Clone(own))) < len(own) {
			return fmt.Errorf("rung %d: starts not in order: %d", rung, own)
		}
		list = slices.Compact(slices.Sorted(slices.Values(append(list, own...))))
		for i, start := range list {
			repeatable[start] = true
			end := len(text)
			if i+1 < len(list) {
				end = list[i+1]
			}
			unit := strings.TrimRightFunc(text[start:end], unicode.IsSpace)
			if unit == "" || strings.TrimSpace(unit) != unit {
				return fmt.Errorf("rung %d: unit %q starts with white space", rung, unit)
			}
			if utf8.RuneCountInString(unit) > o.Size {
				continue
			}
			inside := func(c Chunk) bool { return c.Start <= start && start+len(unit) <= c.End }
			if near := chunksAround(chunks, start, start+len(unit)); !slices.ContainsFunc(near, inside) {
				return fmt.Errorf("%+v: rung %d: unit %q is cut", o, rung, unit)
			}
		}
		if rung == 0 {
			if err := checkFull(text, o, list, chunks); err != nil {
				return err
			}
		}
	}
	for i := 1; i < len(chunks) && o.Strategy != "character"; i++ {
		if c := chunks[i]; c.Start < chunks[i-1].End && !repeatable[c.Start] {
			return fmt.Errorf("%+v: chunk %d repeats from inside a word: %+v", o, i, c)
		}
	}
	return nil
}

// checkFull checks that no chunk ends at a unit of the first rung when the next one
// would have fitted.
func checkFull(text string, o Options, starts []int, chunks []Chunk) error {
	for _, c := range chunks[:max(0, len(chunks)-1)] {
		next := firstFrom(starts, skipSpace(text, c.End)+1)
		end := len(text)
		if next < len(starts) {
			end = starts[next]
		}
		end = trimEnd(text, end)
		if utf8.RuneCountInString(text[c.Start:end]) <= o.Size {
			return fmt.Errorf("%+v: chunk %d has room for %q: %+v", o, c.Index, text[c.End:end], c)
		}
	}
	return nil
}

// chunksAround narrows the chunks to those that touch a range.
func chunksAround(chunks []Chunk, start, end int) []Chunk {
	from, _ := slices.BinarySearchFunc(chunks, start, func(c Chunk, at int) int { return c.End - at })
	to, _ := slices.BinarySearchFunc(chunks, end, func(c Chunk, at int) int { return c.Start - at })
	return chunks[from:max(from, to)]
}

// alphabets are what random texts are made of.
var alphabets = map[string][]string{
	"english":  {"a ", "the ", "word ", "Dr. ", "e.g. ", "U.S. ", "3.14 ", "v1.2.3", "stop. ", "Why? ", "no! ", "\"", "(", ")", ", ", "; ", "\n"},
	"markdown": {"# Title\n", "- item\n", "1. one\n", "```\n", "| a | b |\n", "\n", "text. ", "More\n", "===\n", "> q\n", "[00:01:05] hi\n", "\f"},
	"cjk":      {"今", "天", "。", "！", "、", "「", "」", "カ", "ー", "の", "A", " ", "\n", "．"},
	"marks":    {"e", "\u0301", "\u200d", "👩", "🏽", "\ufe0f", " ", "नि", "\u0302", "."},
	"spaces":   {" ", "\n", "\r", "\t", "\f", "\u00a0", "\u2003", "\u0085", "x", "."},
	"stops":    {".", "!", "?", "…", "\"", "'", ")", "»", "«", " ", "A", "a", "1"},
	"letters":  {"a", "b", "é", "ß", "-", "ж"},
	"invalid":  {"\xff", "\xc3", "\xe2\x82", "\x80", "a", " ", "é", "。", ".", "A", "\xf0\x9f"},
	"german":   {"z. B. ", "d. h. ", "bzw. ", "Am 3. Mai ", "Das Haus. ", "Er ", "„Ja.“ ", "»Nein« ", "\n\n"},
}

func randomText(r *rand.Rand, alphabet []string, length int) string {
	var b strings.Builder
	for range length {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

// sizes are pairs of size and overlap.
var sizes = [][2]int{{1, 0}, {2, 1}, {3, 0}, {5, 4}, {10, 0}, {10, 3}, {10, 9}, {33, 8}, {64, 63}, {100, 20}, {500, 100}}

func TestInvariants(t *testing.T) {
	t.Parallel()
	var everything []string
	for _, alphabet := range alphabets {
		everything = append(everything, alphabet...)
	}
	slices.Sort(everything)
	mixed := map[string][]string{"everything": everything}
	for name, alphabet := range alphabets {
		mixed[name] = alphabet
	}
	for name, alphabet := range mixed {
		for _, strategy := range Strategies() {
			t.Run(name+"/"+strategy, func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(1, uint64(len(name))))
				for range 20 {
					text := randomText(r, alphabet, r.IntN(200))
					for _, size := range sizes {
						o := Options{Strategy: strategy, Size: size[0], Overlap: size[1]}
						chunks, err := Split(text, nil, o, hashed)
						if err == nil {
							err = checkInvariants(text, o, chunks)
						}
						if err != nil {
							t.Fatalf("%q: %v", text, err)
						}
					}
				}
			})
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, alphabet := range alphabets {
		f.Add(strings.Join(alphabet, ""), uint16(10), uint16(3), "hi")
	}
	f.Add("One. Two.\f\fThree. "+strings.Repeat("x", 50), uint16(7), uint16(6), "Two")
	f.Fuzz(func(t *testing.T, text string, size, overlap uint16, spoken string) {
		segments := []content.Segment{{Start: 1, End: 2, Text: spoken}, {Start: 2, End: 3, Text: "a"}}
		for _, strategy := range Strategies() {
			o := Options{Strategy: strategy, Size: 1 + int(size)%300}
			o.Overlap = int(overlap) % o.Size
			chunks, err := Split(text, segments, o, hashed)
			if err == nil {
				err = checkInvariants(text, o, chunks)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
