package pdf

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"morag/internal/convert/document/property"
)

const (
	// A heading is set this much larger than the text, or in bold.
	largerThanText = 1.13
	// Sizes that differ by less are one: some programs round them.
	sameSize = 0.06
	// maxHeading is the most letters of a heading's line.
	maxHeading = 200
	// maxHeadingLines is the most lines of one heading; larger text of more is a summary or
	// a quotation.
	maxHeadingLines = 4
	// maxBoldWords is the most words of a heading that is bold and no larger than the text.
	maxBoldWords = 14
	// A text of which more than this share is bold has no headings by weight.
	mostlyBold      = 0.35
	maxHeadingLevel = 6
)

// headings are the lines of a document that are headings.
type headings struct {
	pages []map[string]*headingMark // by the squeezed line
	most  []int                     // bytes of the longest of these, by page
	title string                    // the first heading of the first level on the first page
}

type headingMark struct{ level, left int }

// on gives the level of a page's lines. It counts: a line that is a heading once is
// text when it comes again.
func (h headings) on(page int) func(line string) int {
	if page >= len(h.pages) || len(h.pages[page]) == 0 {
		return func(string) int { return 0 }
	}
	marks := h.pages[page]
	most := 2*h.most[page] + 8 // with the white space
	return func(line string) int {
		if len(line) > most {
			return 0
		}
		mark := marks[squeeze(line)]
		if mark == nil || mark.left == 0 {
			return 0
		}
		mark.left--
		return mark.level
	}
}

// findHeadings tells headings from text by how they are set: larger, or bold and
// standing alone. The text is what most letters are set like. Running titles, page
// numbers and tables of contents are no headings.
func findHeadings(pages []fontPage) headings {
	found := headings{pages: make([]map[string]*headingMark, len(pages)), most: make([]int, len(pages))}
	body, boldShare := bodySize(pages)
	if body <= 0 {
		return found
	}
	lines := make([][]fontLine, len(pages))
	for i, page := range pages {
		lines[i] = page.lines(i)
	}
	repeated := runningTitles(pages, lines, body)
	var all []fontLine
	for i, page := range lines {
		for j, line := range page {
			stands := line.size >= body*largerThanText && blockOf(page, j) <= maxHeadingLines ||
				boldShare < mostlyBold && line.size > body*(1-sameSize) && headsByWeight(page, j, body)
			if stands && line.mayHead() && !repeated[runningKey(line, pages[i], body)] {
				all = append(all, line)
			}
		}
	}
	rank := rankHeadings(all)
	for i, line := range all {
		found.add(line, rank(line), all, i)
	}
	return found
}

// add marks a line, and what it becomes when an engine joins it with the next because
// it ends in a hyphen.
func (h *headings) add(line fontLine, level int, all []fontLine, i int) {
	if h.pages[line.page] == nil {
		h.pages[line.page] = map[string]*headingMark{}
	}
	mark := func(key string) {
		h.most[line.page] = max(h.most[line.page], len(key))
		if m := h.pages[line.page][key]; m != nil {
			m.left++
			return
		}
		h.pages[line.page][key] = &headingMark{level, 1}
	}
	key := squeeze(line.text)
	mark(key)
	if cut, found := strings.CutSuffix(key, "-"); found && i+1 < len(all) && all[i+1].page == line.page {
		mark(cut + squeeze(all[i+1].text))
	}
	if level == 1 && line.page == 0 && h.title == "" {
		h.title = property.Line(line.text)
	}
}

// bodySize is the size of most letters and the share of letters that are bold.
func bodySize(pages []fontPage) (size, bold float64) {
	letters := map[float64]int{}
	all, heavy := 0, 0
	for _, page := range pages {
		for _, run := range page.runs {
			n := utf8.RuneCountInString(run.text)
			letters[run.size] += n
			all += n
			if run.bold {
				heavy += n
			}
		}
	}
	most := 0
	for s, n := range letters {
		if n > most || n == most && s < size {
			size, most = s, n
		}
	}
	return size, float64(heavy) / float64(max(all, 1))
}

// rankHeadings gives levels: first by size, then by the depth of the number, as the
// sections of a document may differ in nothing else.
func rankHeadings(all []fontLine) func(fontLine) int {
	type class struct {
		size  float64
		depth int
	}
	sizes := map[float64]float64{} // of each size the largest that is the same
	largest := 0.0
	for _, size := range slices.Backward(slices.Sorted(maps.Keys(sizesOf(all)))) {
		if largest == 0 || size < largest*(1-sameSize) {
			largest = size
		}
		sizes[size] = largest
	}
	least := map[float64]int{}
	for _, line := range all {
		size := sizes[line.size]
		if known, ok := least[size]; line.depth > 0 && (!ok || line.depth < known) {
			least[size] = line.depth
		}
	}
	classOf := func(line fontLine) class {
		size := sizes[line.size]
		return class{size, max(0, line.depth-least[size])}
	}
	classes := map[class]bool{}
	for _, line := range all {
		classes[classOf(line)] = true
	}
	ordered := slices.SortedFunc(maps.Keys(classes), func(a, b class) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.depth, b.depth))
	})
	return func(line fontLine) int {
		return min(slices.Index(ordered, classOf(line))+1, maxHeadingLevel)
	}
}

func sizesOf(all []fontLine) map[float64]bool {
	sizes := map[float64]bool{}
	for _, line := range all {
		sizes[line.size] = true
	}
	return sizes
}
