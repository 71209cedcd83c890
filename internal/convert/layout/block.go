package layout

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

type kind int

const (
	paragraph kind = iota
	heading
	listItem
	tableBlock
	note
)

// block is a paragraph, or what stands for one.
type block struct {
	Box
	kind   kind
	page   int
	lines  []line
	region Box // its column
	table  *table
	level  int     // of a heading, or the depth of a list item, from 0
	mark   string  // of a list item, as Markdown writes it, or of a note
	indent float64 // where the text of a list item begins
	text   string
	joined bool // it goes on with the paragraph before it
	number int  // of a list item
}

const (
	// A gap between lines that is this much more than usual parts paragraphs.
	paragraphGap = 1.3
	// Sizes that differ by less are one: some programs round them.
	sameSize = 0.06
	// A line that is to run on into the next fills so much of its column, or has so many
	// letters.
	fullLine, minFullLine = 0.6, 40
)

var (
	bulletMark = lazy(`^([•‣▪◦●■∙·➢❖◆❑❒□▫►▶✓✔✗☐☑☒⁃○⬥§]|[-–—*o»](?:\s))\s*`)
	numberMark = lazy(`^\(?(\d{1,3})[.)]\s+`)
	letterMark = lazy(`^(\(?(?:[a-zA-Z]|[ivx]{1,5})[.)])\s+`)
	sentence   = lazy(`[.!?:;。！？：]["'”’»)\]]*\x{F8F0}?[^\x{F8F1}]{0,3}\x{F8F1}?$`)
)

// arrange puts the lines of a page in their order and makes blocks of them.
func (s *sheet) arrange(st style) []block {
	ruled, used := s.ruledTables()
	ruled = append(ruled, s.bandedTables(used)...)
	items := make([]item, 0, len(s.lines))
	for _, t := range ruled {
		items = append(items, item{Box: t.Box, table: t})
	}
	for i := range s.lines {
		if !used[i] {
			items = append(items, item{Box: s.lines[i].Box, line: &s.lines[i]})
		}
	}
	var blocks []block
	for _, r := range regionsOf(items, st.body, 0) {
		blocks = append(blocks, s.blocksOf(r, st)...)
	}
	return append(blocks, s.rest()...)
}

// rest is what has no place among the lines: text on its side, and what is too much.
func (s *sheet) rest() []block {
	var blocks []block
	for _, runs := range [][]Run{s.turned, s.late} {
		var texts []string
		for _, run := range runs {
			texts = append(texts, strings.TrimSpace(run.Text))
		}
		if len(texts) > 0 {
			blocks = append(blocks, block{page: s.index, text: strings.Join(strings.Fields(strings.Join(texts, " ")), " ")})
		}
	}
	return blocks
}

// blocksOf makes blocks of a region.
func (s *sheet) blocksOf(r region, st style) []block {
	spaced, spacedLines := spacedTables(r)
	rows := unweave(rowsOfLines(withTables(r, spaced, spacedLines)))
	tables, used := alignedTables(rows, s.Rules, st.body)
	box := r[0].Box
	for _, it := range r {
		box = box.union(it.Box)
	}
	var blocks []block
	var lines []line
	flush := func() {
		blocks = append(blocks, s.paragraphs(lines, box, st)...)
		lines = nil
	}
	for _, row := range rows {
		switch {
		case row[0].table != nil:
			flush()
			blocks = append(blocks, block{kind: tableBlock, page: s.index, Box: row[0].Box, table: row[0].table})
			continue
		case used[row[0].line]:
			if i := slices.IndexFunc(tables, func(t *table) bool { return row[0].Top >= t.Top-0.1 && row[0].Bottom <= t.Bottom+0.1 }); i >= 0 {
				flush()
				blocks = append(blocks, block{kind: tableBlock, page: s.index, Box: tables[i].Box, table: tables[i]})
				tables = slices.Delete(tables, i, i+1)
			}
			continue
		}
		lines = append(lines, rowLine(row))
	}
	flush()
	return blocks
}

// withTables puts tables in the place of their lines.
func withTables(r region, tables []*table, lines map[*line]bool) region {
	if len(tables) == 0 {
		return r
	}
	r = slices.DeleteFunc(slices.Clone(r), func(it item) bool { return lines[it.line] })
	for _, t := range tables {
		r = append(r, item{Box: t.Box, table: t})
	}
	return r
}

// rowLine makes one line of pieces that stand side by side.
func rowLine(row []item) line {
	l := *row[0].line
	if len(row) == 1 {
		return l
	}
	l.crowded = true
	var all []Run
	for _, it := range row {
		all = append(all, it.line.runs...)
	}
	rtl := isRightToLeft(all)
	texts := make([]string, 0, len(row))
	for i, it := range row {
		if i > 0 {
			l.Box = l.union(it.line.Box)
			l.bold, l.italic = l.bold && it.line.bold, l.italic && it.line.italic
			if letterCount(it.line.text) > letterCount(l.text) {
				l.size = it.line.size
			}
		}
		texts = append(texts, it.line.text)
	}
	if rtl {
		slices.Reverse(texts)
	}
	l.runs, l.text = all, strings.Join(texts, " ")
	if len(row) == 2 && isMark(texts[0]) { // a bullet or a number before its item
		l.crowded, l.size = false, row[1].line.size
		l.bold, l.italic = row[1].line.bold, row[1].line.italic
	}
	return l
}

// isMark tells whether a text is the mark of a list item or the number of a heading alone.
func isMark(s string) bool {
	return bulletMark().FindString(s+" ") == s+" " || numberMark().FindString(s+" ") == s+" " || letterMark().FindString(s+" ") == s+" " ||
		sectionNumber().MatchString(s)
}

var sectionNumber = lazy(`^(?:\d{1,3}(?:\.\d{1,3})*\.?|[A-Z]\.(?:\d{1,3}\.?)*|[IVX]{1,5}\.)$`)

// paragraphs groups the lines of a region.
func (s *sheet) paragraphs(lines []line, region Box, st style) []block {
	var blocks []block
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && !parts(&lines[to-1], &lines[to], st) {
			to++
		}
		blocks = append(blocks, s.splitRun(lines[from:to], region, st)...)
		from = to
	}
	return blocks
}

// parts tells whether two lines cannot be of one paragraph, by their place and look.
func parts(above, below *line, st style) bool {
	if math.Abs(above.size-below.size) > sameSize*max(above.size, below.size) {
		return true
	}
	gap := below.Bottom - above.Bottom
	return gap <= 0 || gap > paragraphGap*max(st.leading, 1.1)*below.size
}

// splitRun makes blocks of lines that follow each other closely.
func (s *sheet) splitRun(lines []line, region Box, st style) []block {
	right, left := math.Inf(-1), math.Inf(1)
	for _, l := range lines {
		right, left = max(right, l.Right), min(left, l.Left)
	}
	var blocks []block
	var cur *block
	start := func(l line) {
		b := block{page: s.index, region: region, Box: l.Box, lines: []line{l}}
		blocks = append(blocks, b)
		cur = &blocks[len(blocks)-1]
	}
	for i, l := range lines {
		mark := markOf(l)
		if cur == nil {
			start(l)
			cur.takeMark(mark)
			continue
		}
		last := &lines[i-1]
		full := runsOn(last, &l, right, region)
		ends := sentence().MatchString(last.text)
		switch {
		case mark.kind != 0 && (!full || ends || cur.kind == listItem || mark.kind == 'b' || mark.apart):
			start(l)
			cur.takeMark(mark)
			continue
		case cur.kind == listItem && last.bold && !l.bold && !full: // a numbered heading
			start(l)
			continue
		case cur.kind == listItem:
			// What stands under the text of the item goes on with it.
			if l.Left < cur.indent-0.7*l.size && !(full && !ends && l.Left >= cur.Left-0.3*l.size) {
				start(l)
				continue
			}
		case (last.bold != l.bold || last.italic != l.italic) && (!full || ends && l.width() < fullLine*region.width()):
			start(l)
			continue
		case l.Left > cur.textLeft()+0.7*l.size && !(len(cur.lines) == 1 && full && !ends) && !centred(last, &l):
			start(l)
			continue
		case !full && ends:
			start(l)
			continue
		}
		cur.lines = append(cur.lines, l)
		cur.Box = cur.union(l.Box)
	}
	for i := range blocks {
		blocks[i].text = blocks[i].join(right, st)
	}
	return blocks
}

// textLeft is where the lines of a paragraph begin, apart from the first.
func (b *block) textLeft() float64 {
	if len(b.lines) == 1 {
		return b.lines[0].Left
	}
	left := math.Inf(1)
	for _, l := range b.lines[1:] {
		left = min(left, l.Left)
	}
	return left
}

func centred(above, below *line) bool {
	return math.Abs((above.Left+above.Right)-(below.Left+below.Right)) < 2
}

// runsOn tells whether the first word of a line had no place at the end of the line above.
func runsOn(above, below *line, right float64, region Box) bool {
	if above.crowded && below.crowded { // labels and their values
		return false
	}
	letters := letterCount(above.text)
	if above.width() < fullLine*region.width() && letters < minFullLine && !strings.ContainsFunc(above.text, isCJK) {
		return false
	}
	word, _, _ := strings.Cut(below.text, " ")
	if strings.ContainsFunc(word, isCJK) {
		word = "字"
	}
	width := below.width() * float64(letterCount(word)+1) / float64(max(letterCount(below.text), 1))
	if isRTLText(above.text) {
		return above.Left-width < region.Left+0.6*above.size
	}
	return above.Right+width > right-0.6*above.size || strings.HasSuffix(above.text, "-") && above.Right > right-3*above.size
}

func isRTLText(s string) bool {
	n := 0
	for _, r := range s {
		if isRTL(r) {
			n++
		}
	}
	return 2*n > letterCount(s)
}

// itemMark is what a list item begins with: 'b' for a bullet, 'n' for a number, 'l' for a
// letter, 0 for none.
type itemMark struct {
	kind   byte
	number int
	text   string
	length int
	left   float64 // where the text begins, 0 when that is not known
	apart  bool    // it is set apart from the text
}

func markOf(l line) itemMark {
	m := itemMark{}
	if len(l.runs) > 1 {
		m.left = l.runs[1].Left
		m.apart = l.runs[1].Left-l.runs[0].Right > 0.4*l.size
	}
	head := strings.TrimSpace(l.runs[0].Text)
	if found := bulletMark().FindString(l.text); found != "" && len(found) < len(l.text) {
		mark, _ := utf8.DecodeRuneInString(found)
		// A dash or a letter is a bullet only where it is set as one.
		if mark == 'o' && (!m.apart || head != "o") || mark == '§' && head != "§" {
			return itemMark{}
		}
		m.kind, m.length, m.text = 'b', len(found), "-"
		if strings.ContainsRune("□☐❑❒", mark) {
			m.text = "- [ ]"
		} else if strings.ContainsRune("☑☒✓✔", mark) {
			m.text = "- [x]"
		}
		m.settle(l, strings.TrimSpace(found), head)
		return m
	}
	if found := numberMark().FindStringSubmatch(l.text); found != nil {
		m.kind, m.length, m.number = 'n', len(found[0]), numberOf(found[1])
		m.text = found[1] + "."
		m.settle(l, strings.TrimSpace(found[0]), head)
		return m
	}
	if found := letterMark().FindStringSubmatch(l.text); found != nil {
		m.kind, m.text = 'l', "-"
		m.settle(l, found[1], head)
		if !m.apart && strings.HasSuffix(found[1], ".") {
			return itemMark{} // the first letter of a name
		}
		return m
	}
	return itemMark{}
}

// settle says where the text of an item begins.
func (m *itemMark) settle(l line, mark, head string) {
	if head == mark && len(l.runs) > 1 {
		return
	}
	m.apart = false
	m.left = l.Left + l.width()*float64(letterCount(mark)+1)/float64(max(letterCount(l.text), 1))
}

// takeMark makes a list item of the block.
func (b *block) takeMark(m itemMark) {
	if m.kind == 0 {
		return
	}
	b.kind, b.mark, b.indent, b.number = listItem, m.text, m.left, m.number
	b.lines[0].text = b.lines[0].text[m.length:]
}

// join writes the lines of a block as one text; right is where full lines end.
func (b *block) join(right float64, st style) string {
	var out []byte
	for i, l := range b.lines {
		if i == 0 {
			out = append(out, l.text...)
			continue
		}
		above := &b.lines[i-1]
		if b.kind == paragraph && !runsOn(above, &l, right, b.region) && !endsCut(above.text) {
			out = append(append(out, '\n'), l.text...)
			continue
		}
		cut, space := st.seam(above.text, l.text)
		out = append(append(out[:len(out)-cut], space...), l.text...)
	}
	return string(out)
}

func endsCut(s string) bool {
	return strings.HasSuffix(s, "-") || strings.HasSuffix(s, "\u00ad") || strings.HasSuffix(s, "‐")
}
