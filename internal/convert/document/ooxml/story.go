package ooxml

import (
	"bytes"
	"strings"

	"morag/internal/content"
)

// story is one flow of text: the body or a note.
type story struct {
	*docx
	x         *scanner
	relations map[string]relation
	sink      func(block) error
	paged     bool // page breaks count
	fields    []field
	link      string // of the hyperlink element that is open
	p         *wordParagraph
	carried   *inline // text whose paragraph mark was deleted
	cells     int     // how many tables deep
	held      int     // page breaks inside the table, put after it
	told      bool    // what the drawing shows has been said
	broken    bool    // an explicit page break with no text after it yet
}

func newStory(d *docx, relations map[string]relation, sink func(block) error) *story {
	return &story{docx: d, relations: relations, sink: sink}
}

// all reads the blocks of the element, to the end of the flow.
func (s *story) all() error {
	if err := s.x.each(s.block); err != nil {
		return err
	}
	return s.endCarried()
}

// block reads one element of a flow of paragraphs and tables. What only wraps blocks is
// looked through; deleted blocks and their like are left out.
func (s *story) block(e element) error {
	switch e.name {
	case "w:p":
		return s.paragraph()
	case "w:tbl":
		if err := s.endCarried(); err != nil {
			return err
		}
		return s.table()
	case "w:sdt", "w:sdtContent", "w:customXml", "w:smartTag", "w:ins", "w:moveTo":
		return s.x.each(s.block)
	case "mc:AlternateContent":
		return s.x.alternate(s.block)
	case "w:altChunk":
		return s.chunk(s.relations[e.attr("r", "id")].target)
	}
	return nil
}

// wordParagraph is a paragraph while it is read.
type wordParagraph struct {
	text    inline
	style   style
	styleID string
	outline int    // as in style
	list    string // the id of its list, "" when not said
	level   int    // -1 when not said
	deleted bool   // its end was deleted: it runs on into the next
	newPage bool
	hides   bool    // hidden text of it was counted
	boxes   []block // text boxes that hang on it
}

func (s *story) paragraph() error {
	outer, fields := s.p, len(s.fields)
	p := &wordParagraph{level: -1}
	s.p = p
	if s.carried != nil {
		p.text, s.carried = *s.carried, nil
	}
	p.style = s.styles.paragraph("")
	err := s.x.each(func(e element) error {
		if e.name == "w:pPr" {
			return s.x.each(s.paragraphProperty)
		}
		return s.inline(e)
	})
	s.p = outer
	if err != nil {
		return err
	}
	s.endInstructions(fields)
	return s.endParagraph(p)
}

func (s *story) paragraphProperty(e element) error {
	p := s.p
	switch e.name {
	case "w:pStyle":
		p.styleID = e.val()
		p.style = s.styles.paragraph(p.styleID)
	case "w:outlineLvl":
		p.outline = min(toNumber(e.val()), 9) + 1
	case "w:numPr":
		list, level, err := readListRef(s.x)
		p.list, p.level = list, level
		return err
	case "w:framePr":
		if kind := e.attr("w", "dropCap"); kind == "drop" || kind == "margin" {
			p.deleted = true // its paragraph goes on in the next
		}
	case "w:pageBreakBefore":
		p.newPage = e.on()
	case "w:rPr":
		return s.x.each(func(e element) error {
			if e.name == "w:del" || e.name == "w:moveFrom" {
				p.deleted = true
			}
			return nil
		})
	}
	return nil
}

// endParagraph makes blocks of what was read.
func (s *story) endParagraph(p *wordParagraph) error {
	if p.newPage {
		if err := s.pageBreak(true); err != nil {
			return err
		}
	}
	if p.deleted {
		s.carried = &p.text
	} else if err := s.emitParagraph(p); err != nil {
		return err
	}
	for _, b := range p.boxes {
		if err := s.sink(b); err != nil {
			return err
		}
	}
	return nil
}

// endCarried gives text whose paragraph never came a paragraph of its own.
func (s *story) endCarried() error {
	if s.carried == nil {
		return nil
	}
	p := &wordParagraph{text: *s.carried, level: -1, style: s.styles.paragraph("")}
	s.carried = nil
	return s.emitParagraph(p)
}

func (s *story) emitParagraph(p *wordParagraph) error {
	b := s.classify(p)
	if err := s.spend(len(b.label) + 1); err != nil {
		return err
	}
	before, after := p.takeBreaks(b.kind)
	if err := s.putBreaks(before); err != nil {
		return err
	}
	switch {
	case b.kind == listing:
		b.text = string(p.text.text)
	case b.kind == heading && b.level > 0:
		p.text.without(bold)
		fallthrough
	default:
		b.text = strings.Trim(p.text.markdown(), " \t\n")
	}
	if b.text != "" || b.kind == listing {
		if b.kind == heading {
			s.remember(p)
		}
		if err := s.sink(b); err != nil {
			return err
		}
	}
	return s.putBreaks(after)
}

// classify finds out what kind of block a paragraph is and counts it in its list. A
// program is known by its style, or by a typewriter face from end to end.
func (s *story) classify(p *wordParagraph) block {
	label := s.label(p)
	level := p.style.heading()
	switch {
	case p.outline > 9:
		level = 0
	case p.outline > 0 && p.style.role != roleTitle:
		level = min(p.outline, 6)
	}
	empty := len(bytes.TrimSpace(p.text.text)) == 0
	mono := p.style.letter.on&letterMono != 0 && !s.styles.mono
	switch {
	case level > 0 && !empty:
		return block{kind: heading, level: level, label: strings.TrimPrefix(label, "-")}
	case label != "" && !empty:
		return block{kind: item, level: max(p.level, 0), label: itemLabel(label)}
	case p.style.role == roleCode, empty && mono, s.cells == 0 && p.text.isCode():
		return block{kind: listing}
	case p.style.role == roleQuote && !empty:
		return block{kind: quote}
	}
	return block{kind: paragraph}
}

// label counts the paragraph in its list, if it is in one, and completes its level.
func (s *story) label(p *wordParagraph) string {
	if p.list == "" {
		p.list = p.style.list
		if p.level < 0 {
			p.level = p.style.level
		}
		if p.level < 0 && p.list != "" {
			p.level = s.numbering.levelOf(p.list, p.styleID, s.styles)
		}
	}
	if p.list == "" || p.list == "0" {
		return ""
	}
	p.level = max(p.level, 0)
	return s.numbering.next(p.list, p.level, s.styles)
}

// itemLabel gives a bare number the dot that makes it a list item in Markdown.
func itemLabel(label string) string {
	if isMarker(label + ".") {
		return label + "."
	}
	if isMarker(label) {
		return label
	}
	return string(escape(nil, []byte(label), 0, ' ', false))
}

// remember keeps the first title and the first heading for the metadata.
func (s *story) remember(p *wordParagraph) {
	text := &s.docx.heading
	if p.style.role == roleTitle {
		text = &s.title
	}
	if *text == "" && len(p.text.text) <= maxProperty {
		*text = oneLine(string(p.text.text))
	}
}

// takeBreaks takes the page breaks off both ends of a paragraph, and out of the middle
// of what has to stay in one piece.
func (p *wordParagraph) takeBreaks(k kind) (before, after int) {
	t := &p.text
	if bytes.IndexByte(t.text, '\f') < 0 {
		return 0, 0
	}
	first, last := -1, -1
	for i, c := range t.text {
		if c != '\f' && c != '\n' && c != ' ' && c != '\t' {
			last = i
			if first < 0 {
				first = i
			}
		}
	}
	whole := k == heading || k == listing
	var kept inline
	for _, sp := range t.spans {
		start := sp.start
		for i := sp.start; i < sp.end; i++ {
			inside := i > first && i < last && first >= 0
			if t.text[i] != '\f' || inside && !whole {
				continue
			}
			if i > last && last >= 0 {
				after++
			} else {
				before++
			}
			kept.add(string(t.text[start:i]), sp.look, sp.link)
			start = i + 1
		}
		kept.add(string(t.text[start:sp.end]), sp.look, sp.link)
	}
	*t = kept
	return before, after
}

// pageBreak notes a page break between two blocks. A break that the author made is
// found again by Word where the next page begins, which makes one break of two.
func (s *story) pageBreak(explicit bool) error {
	if !s.countBreak(explicit) {
		return nil
	}
	return s.putBreaks(1)
}

// countBreak tells whether this break begins another page.
func (s *story) countBreak(explicit bool) bool {
	if !s.paged || !explicit && s.broken {
		return false
	}
	s.broken = explicit
	s.breaks++
	return true
}

func (s *story) putBreaks(n int) error {
	if s.cells > 0 {
		s.held += n
		return nil
	}
	for range n {
		if err := s.sink(block{kind: pageBreak}); err != nil {
			return err
		}
	}
	return nil
}

// write adds text to the paragraph.
func (s *story) write(text string, l look) error {
	if s.hidden() || text == "" {
		return nil
	}
	link := s.link
	for i := len(s.fields) - 1; i >= 0 && link == ""; i-- {
		link = s.fields[i].link
	}
	if err := s.spend(len(text) + len(link) + 1); err != nil {
		return err
	}
	if text != content.PageBreak && strings.TrimSpace(text) != "" {
		s.broken = false
	}
	s.p.text.add(text, l, link)
	return nil
}
