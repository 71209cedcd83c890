package layout

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
)

// write makes the Markdown of the pages.
func write(sheets []*sheet, st style) Result {
	result := Result{Pages: make([]string, len(sheets)), continued: make([]bool, len(sheets))}
	joinAcross(sheets, st)
	joinTables(sheets)
	for i, s := range sheets {
		if s.Ready != nil {
			result.Pages[i] = *s.Ready
			continue
		}
		result.Pages[i] = s.markdown()
		if first := s.first(); first != nil {
			result.continued[i] = first.joined
		}
		if i > 0 {
			continue
		}
		for _, b := range s.blocks {
			if b.kind == heading && b.level == 1 {
				result.Title = b.text
				break
			}
		}
	}
	return result
}

// markdown writes the blocks of a page.
func (s *sheet) markdown() string {
	var out strings.Builder
	var indents []float64 // of the list items that the next may be below
	for i := range s.blocks {
		b := &s.blocks[i]
		text := dropSoftHyphens(b.text)
		if b.table != nil {
			text = dropSoftHyphens(b.table.markdown())
		}
		if text == "" {
			continue
		}
		if b.kind != listItem {
			indents = nil
		}
		if out.Len() > 0 {
			out.WriteString(between(s.blocks, i))
		}
		switch b.kind {
		case heading:
			out.WriteString(strings.Repeat("#", b.level) + " " + text)
		case listItem:
			for len(indents) > 0 && indents[len(indents)-1] > b.Left+0.4*b.lines0().size {
				indents = indents[:len(indents)-1]
			}
			depth := len(indents)
			if depth > 0 && math.Abs(indents[depth-1]-b.Left) <= 0.4*b.lines0().size {
				depth--
			} else {
				indents = append(indents, b.Left)
			}
			out.WriteString(strings.Repeat("    ", min(depth, 6)) + b.mark + " " + strings.ReplaceAll(text, "\n", " "))
		case note:
			out.WriteString("[^" + b.mark + "]: " + strings.ReplaceAll(text, "\n", " "))
		case paragraph:
			out.WriteString(escape(text))
		default:
			out.WriteString(strings.TrimSpace(text))
		}
	}
	return out.String()
}

// first is the first block that has a text.
func (s *sheet) first() *block {
	for i := range s.blocks {
		if b := &s.blocks[i]; b.text != "" || b.table != nil {
			return b
		}
	}
	return nil
}

// between is what parts a block from the one before it.
func between(blocks []block, i int) string {
	if blocks[i].kind == listItem && blocks[i-1].kind == listItem {
		return "\n"
	}
	return "\n\n"
}

// escape keeps a paragraph from being taken for a heading.
func escape(text string) string {
	if !strings.Contains(text, "#") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "#") {
			lines[i] = `\` + l
		}
	}
	return strings.Join(lines, "\n")
}

func dropSoftHyphens(s string) string {
	if !strings.ContainsRune(s, softHyphen) {
		return s
	}
	return strings.ReplaceAll(s, string(softHyphen), "")
}

// joinAcross joins paragraphs that go on in the next column or on the next page.
func joinAcross(sheets []*sheet, st style) {
	var open *block // that may go on
	var text []byte // of open with what was joined to it, nil for open's own
	var end string  // of that text
	put := func() {
		if text != nil {
			open.text, text = string(text), nil
		}
	}
	for _, s := range sheets {
		if s.Ready != nil {
			put()
			open = nil
			continue
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			if b.kind == note || b.text == "" && b.table == nil {
				continue
			}
			if open != nil && (open.page != b.page || open.region != b.region) && open.continuedBy(end, b) {
				if open.page == b.page {
					if text == nil {
						text = []byte(open.text)
					}
					cut, space := st.seam(end, b.text)
					text = append(append(text[:len(text)-cut], space...), b.text...)
					end = endOf(text)
					open.lines = append(open.lines, b.lines...)
					b.text, b.kind = "", paragraph
					continue
				}
				put()
				st.carry(open, b)
			}
			put()
			open = nil
			if (b.kind == paragraph || b.kind == listItem) && len(b.lines) > 0 {
				open, end = b, endOf(b.text)
			}
		}
	}
	put()
}

// endOf is as much of the end of a text as tells how it goes on: what columns add to is
// looked at for each of them.
func endOf[T string | []byte](text T) string {
	const most = 256
	from := max(0, len(text)-most)
	for from < len(text) && !utf8.RuneStart(text[from]) {
		from++
	}
	return string(text[from:])
}

// continuedBy tells whether a block, whose text ends so, goes on with the next one.
func (b *block) continuedBy(end string, next *block) bool {
	if next.kind != paragraph || len(next.lines) == 0 || len(b.lines) == 0 {
		return false
	}
	last, first := b.lines[len(b.lines)-1], next.lines[0]
	if math.Abs(last.size-first.size) > sameSize*max(last.size, first.size) || last.crowded || first.crowded {
		return false
	}
	letter, _ := utf8.DecodeRuneInString(next.text)
	switch {
	case endsCut(end):
		return unicode.IsLower(letter) || unicode.IsDigit(letter)
	case sentence().MatchString(end):
		return false
	case unicode.IsLower(letter):
		return letterCount(last.text) > minFullLine/2
	case isCJK(letter):
		return last.Right > b.region.Right-2*last.size
	}
	return (unicode.IsLetter(letter) || unicode.IsDigit(letter)) && letterCount(last.text) > minFullLine && last.Right > b.region.Right-1.5*last.size && first.bold == last.bold &&
		len(next.lines) > 1 && first.Left < next.lines[1].Left+0.5*first.size
}

// carry marks a block as going on with one of the page before; a word that is cut is put
// together there.
func (st style) carry(open, b *block) {
	if endsCut(open.text) || strings.HasSuffix(open.text, string(softHyphen)) {
		word, rest, _ := strings.Cut(b.text, " ")
		open.text = st.glue(open.text, word)
		b.text = rest
	}
	b.joined = true
}

// Join puts the pages together. A paragraph that crosses a page goes on right after the
// break; otherwise the break stands by itself, so that what begins a page begins a line.
func (r Result) Join() string {
	var out strings.Builder
	breaks := 0 // that are not written yet, so that none stands at the end
	for i, page := range r.Pages {
		if i > 0 {
			breaks++
		}
		if page == "" {
			continue
		}
		if breaks > 0 {
			if breaks == 1 && r.continued[i] {
				out.WriteString(" " + content.PageBreak)
			} else {
				if out.Len() > 0 {
					out.WriteString("\n\n")
				}
				out.WriteString(strings.Repeat(content.PageBreak, breaks) + "\n\n")
			}
			breaks = 0
		}
		out.WriteString(page)
	}
	return out.String()
}
