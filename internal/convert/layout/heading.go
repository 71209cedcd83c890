package layout

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// A heading is set this much larger than the text, or in bold or slanted letters.
	largerThanText = 1.13
	// maxHeading is the most letters of a heading, and maxHeadingLines its most lines; larger
	// text of more is a summary or a quotation.
	maxHeading, maxHeadingLines = 200, 4
	// maxBoldWords is the most words of a heading that is no larger than the text.
	maxBoldWords = 14
	// A text of which more than this share is bold has no headings by weight.
	mostlyBold = 0.35
)

var (
	numbered = lazy(`^(\d{1,3}(?:\.\d{1,3})*)\.?\s+\p{L}`)
	division = lazy(`^(?i:chapter|part|appendix|annex|kapitel|teil|anhang|chapitre|partie|annexe|capítulo|parte|section|abschnitt)\s+(?:\d+|[IVXLA-Z]+)\b`)
)

// look is how a heading is set.
type look struct {
	size         float64
	bold, italic bool
	depth        int // of its number below the least of its size
}

// markHeadings finds the headings of a document and gives them levels: those of its outline
// where it has one, else by how they are set.
func markHeadings(sheets []*sheet, st style, outline []Bookmark) {
	known := outlineOf(outline)
	var all []*block
	for _, s := range sheets {
		for i := range s.blocks {
			b := &s.blocks[i]
			if level := known[bookmarkKey{s.index, squeeze(b.text)}]; level > 0 && b.kind != tableBlock {
				b.restoreMark()
				b.kind, b.level = heading, level
				all = append(all, b)
				continue
			}
			if s.heads(i, st) {
				b.restoreMark()
				b.kind, b.level = heading, 0
				all = append(all, b)
			}
		}
	}
	all = dropFront(sheets, all)
	rankHeadings(all, st)
	for _, b := range all {
		b.text = strings.ReplaceAll(b.text, "\n", " ")
	}
}

// dropFront makes paragraphs of what is set large between a title and the first text, such as
// authors and dates: it is like no heading that comes later, and no text follows it.
func dropFront(sheets []*sheet, all []*block) []*block {
	if len(sheets) == 0 {
		return all
	}
	front, largest := 0, 0.0
	withText := len(all) // the one that text follows
	for i := range sheets[0].blocks {
		b := &sheets[0].blocks[i]
		if b.kind != heading || b.level > 0 {
			if b.kind != heading {
				withText = front - 1
			}
			break
		}
		largest = max(largest, b.lines0().size)
		front++
	}
	kept := all[:0:0]
	for i, b := range all {
		if b.page > 0 || i >= front || i == withText || b.lines0().size > largest*(1-sameSize) || likeLater(b, all[front:]) || numbered().MatchString(b.text) {
			kept = append(kept, b)
			continue
		}
		b.kind = paragraph
	}
	return kept
}

// likeLater tells whether headings that come later look like one, most of them without a
// number as well.
func likeLater(b *block, later []*block) bool {
	alike, withNumber := 0, 0
	for _, o := range later {
		if o.lines0().size == b.lines0().size && o.lines0().bold == b.lines0().bold {
			alike++
			if numbered().MatchString(o.text) {
				withNumber++
			}
		}
	}
	return alike > 2*withNumber
}

type bookmarkKey struct {
	page  int
	title string
}

func outlineOf(outline []Bookmark) map[bookmarkKey]int {
	known := map[bookmarkKey]int{}
	for _, mark := range outline {
		if title := squeeze(cleanText(mark.Title)); title != "" && mark.Level > 0 {
			known[bookmarkKey{mark.Page, title}] = mark.Level
		}
	}
	return known
}

// squeeze leaves letters and digits, without a number before them.
func squeeze(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// restoreMark gives a heading the number that was taken for that of a list item.
func (b *block) restoreMark() {
	if b.kind == listItem && b.number > 0 {
		b.text = b.mark + " " + b.text
	}
}

// fullText is the text with its number.
func (b *block) fullText() string {
	if b.kind == listItem && b.number > 0 {
		return b.mark + " " + b.text
	}
	return b.text
}

// heads tells whether a block is set as a heading.
func (s *sheet) heads(i int, st style) bool {
	b := &s.blocks[i]
	if b.kind == tableBlock || b.kind == listItem && b.number == 0 || len(b.lines) == 0 || len(b.lines) > maxHeadingLines || !mayHead(b.fullText()) {
		return false
	}
	if strings.HasSuffix(b.text, ".") && len(strings.Fields(b.text)) > maxBoldWords {
		return false // a sentence
	}
	first := b.lines[0]
	for _, l := range b.lines {
		if l.crowded {
			return false
		}
	}
	if first.size >= st.body*largerThanText {
		return !strings.HasSuffix(b.text, ",")
	}
	return first.size > st.body*(1-sameSize) && s.headsByWeight(i, st)
}

func mayHead(text string) bool {
	if utf8.RuneCountInString(text) > maxHeading || leader().MatchString(text) {
		return false
	}
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
			if isCJK(r) || unicode.Is(unicode.Hangul, r) {
				letters++
			}
		}
	}
	return letters > 1 // a single one is the ornate first letter of a text
}

// headsByWeight tells whether a block of the text's own size is a heading: bold or slanted, by
// itself in its row, and either numbered as a section or what a heading looks like.
func (s *sheet) headsByWeight(i int, st style) bool {
	b := &s.blocks[i]
	text := b.fullText()
	bold, italic := true, true
	for _, l := range b.lines {
		bold, italic = bold && l.bold, italic && l.italic
	}
	if bold && st.bold || !bold && !italic || len(b.lines) > 2 ||
		len(strings.Fields(text)) > maxBoldWords || strings.ContainsAny(text[len(text)-1:], ".,;:") || strings.Contains(text, "\n") {
		return false
	}
	if numbered().MatchString(text) || division().MatchString(text) {
		return true
	}
	first, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsUpper(first) && !unicode.In(first, unicode.Lo) || b.kind == listItem || i+1 == len(s.blocks) {
		return false
	}
	next := &s.blocks[i+1]
	if next.kind == tableBlock {
		return bold
	}
	if len(next.lines) == 0 {
		return false
	}
	below := next.lines[0]
	if below.bold && bold || below.italic && italic || below.size > b.lines[0].size*(1+sameSize) {
		return false
	}
	last := b.lines[len(b.lines)-1]
	if gap := below.Bottom - last.Bottom; gap < 0 && !s.otherColumn(b, next) || gap > 5*last.size {
		return false
	}
	if below.Left > last.Left+2.5*last.size && !centred(&last, &below) && next.kind != listItem { // a term before its definition
		return false
	}
	if italic && !bold {
		return len(next.lines) > 1 && next.kind == paragraph && s.apart(i)
	}
	return s.apart(i) || i == 0
}

func (s *sheet) otherColumn(a, b *block) bool { return a.region != b.region }

// apart tells whether there is more space above a block than between lines.
func (s *sheet) apart(i int) bool {
	if i == 0 || len(s.blocks[i-1].lines) == 0 {
		return true
	}
	b, above := &s.blocks[i], &s.blocks[i-1]
	gap := b.lines[0].Bottom - above.lines[len(above.lines)-1].Bottom
	return gap < 0 || gap > 1.35*b.lines[0].size && !(above.kind == paragraph && above.lines[0].bold && len(above.lines) == 1)
}

// rankHeadings gives levels to those that the outline has none for: by size, then by the depth
// of the number, then bold before slanted. What is larger on the first page alone is of a
// title page, and does not push all others down.
func rankHeadings(all []*block, st style) {
	sizes := mergeSizes(all)
	least := map[float64]int{}
	for _, b := range all {
		size := sizes[b.lines0().size]
		if depth := depthOf(b.text); depth > 0 && (least[size] == 0 || depth < least[size]) {
			least[size] = depth
		}
	}
	lookOf := func(b *block) look {
		l := b.lines0()
		size := sizes[l.size]
		plain := size >= largerThanText*st.body // how it looks besides does not matter
		return look{size, l.bold && !plain, l.italic && !l.bold && !plain, max(0, depthOf(b.text)-least[size])}
	}
	inText, fromOutline := map[look]bool{}, map[look]int{}
	shift := 0
	var first *block
	for i, b := range all {
		if b.level > 0 {
			fromOutline[lookOf(b)] = max(fromOutline[lookOf(b)], b.level)
		}
		if i == 0 {
			first = b
		}
		if b.page > 0 {
			inText[lookOf(b)] = true
		}
	}
	looks := map[look]bool{}
	for _, b := range all {
		looks[lookOf(b)] = true
	}
	ordered := slices.SortedFunc(maps.Keys(looks), func(a, b look) int {
		return cmp.Or(cmp.Compare(b.size, a.size), -compareBool(a.bold, b.bold), compareBool(a.italic, b.italic), cmp.Compare(a.depth, b.depth))
	})
	levels := map[look]int{}
	level := 0
	for i, l := range ordered {
		// Of a title page only the largest look has a level of its own.
		if i > 1 && len(inText) > 0 && !anyFrom(ordered[:i], inText) && !inText[l] || i > 1 && !anyFrom(ordered[:i], inText) && inText[l] {
			levels[l] = max(level, 2)
			level = levels[l]
			continue
		}
		level++
		levels[l] = level
	}
	if len(fromOutline) > 0 && first.level == 0 && first.page == 0 {
		shift = 1
	}
	last := 0
	for _, b := range all {
		switch l := lookOf(b); {
		case b.level > 0:
			b.level += shift
		case b == first && shift == 1:
			b.level = 1
		case fromOutline[l] > 0:
			b.level = fromOutline[l] + shift
		case len(fromOutline) > 0:
			b.level = last + 1
		default:
			b.level = levels[l]
		}
		b.level = min(max(b.level, 1), maxHeadingLevel)
		if fromOutline[lookOf(b)] > 0 {
			last = b.level
		}
	}
}

func (b *block) lines0() line {
	if len(b.lines) == 0 {
		return line{}
	}
	return b.lines[0]
}

func anyFrom(looks []look, in map[look]bool) bool {
	return slices.ContainsFunc(looks, func(l look) bool { return in[l] })
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// mergeSizes gives of each size the largest that is the same.
func mergeSizes(all []*block) map[float64]float64 {
	sizes := map[float64]float64{}
	for _, b := range all {
		sizes[b.lines0().size] = 0
	}
	largest := 0.0
	for _, size := range slices.Backward(slices.Sorted(maps.Keys(sizes))) {
		if largest == 0 || size < largest*(1-sameSize) {
			largest = size
		}
		sizes[size] = largest
	}
	return sizes
}

func depthOf(text string) int {
	found := numbered().FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	return 1 + strings.Count(found[1], ".")
}
