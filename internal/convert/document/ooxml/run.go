package ooxml

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/document/dingbat"
	"morag/internal/convert/document/markup"
)

// inline reads one element of a paragraph. What only wraps text is looked through;
// deletions and marks that show nothing are left out.
func (s *story) inline(e element) error {
	switch e.name {
	case "w:r":
		return s.run()
	case "w:hyperlink":
		return s.hyperlink(e)
	case "w:fldSimple":
		outer := s.link
		if found := fieldLink(e.attr("w", "instr")); found != "" {
			s.link = found
		}
		err := s.x.each(s.inline)
		s.link = outer
		return err
	case "w:sdt", "w:sdtContent", "w:customXml", "w:smartTag", "w:ins", "w:moveTo", "w:dir", "w:bdo":
		return s.x.each(s.inline)
	case "mc:AlternateContent":
		return s.x.alternate(s.inline)
	case "w:commentRangeStart":
		s.openComment(e.attr("w", "id"))
	case "w:del":
		return s.deletion()
	case "m:oMath", "m:oMathPara":
		text, err := s.x.math(e)
		if err != nil {
			return err
		}
		return s.write(text, raw)
	}
	return nil
}

// deletion counts a text that was deleted while changes were tracked.
func (s *story) deletion() error {
	hasText := false
	var visit func(e element) error
	visit = func(e element) error {
		hasText = hasText || e.name == "w:delText" || e.name == "w:t"
		return s.x.each(visit)
	}
	err := s.x.each(visit)
	if hasText {
		s.leaveOut("tracked deletions")
	}
	return err
}

func (s *story) hyperlink(e element) error {
	outer := s.link
	if r, ok := s.relations[e.attr("r", "id")]; ok && r.external {
		target := r.target
		if anchor := e.attr("w", "anchor"); anchor != "" && !strings.Contains(target, "#") {
			target += "#" + anchor
		}
		s.link = link(target)
	}
	err := s.x.each(s.inline)
	s.link = outer
	return err
}

// run is a stretch of text set in one way.
func (s *story) run() error {
	var own letter
	var below letter // of the character style
	font := ""
	r := runLook{}
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "w:rPr":
			err := s.x.each(func(e element) error {
				own.read(e)
				switch e.name {
				case "w:rStyle":
					st := s.styles.resolve(e.val())
					if below = st.letter; st.role == roleCode {
						below.put(letterMono, true)
					}
				case "w:rFonts":
					font = cmp.Or(e.attr("w", "ascii"), e.attr("w", "hAnsi"))
				}
				return nil
			})
			r = s.lookOf(own, below)
			r.font = font
			return err
		case "mc:AlternateContent":
			return s.x.alternate(visit)
		}
		if r.hidden {
			if e.name == "w:t" && !s.p.hides {
				s.p.hides = true
				s.leaveOut("hidden texts")
			}
			return s.field(e)
		}
		return s.runContent(e, r)
	}
	return s.x.each(visit)
}

// runLook is how the text of a run is to be written.
type runLook struct {
	look   look
	hidden bool
	super  bool
	font   string
}

// lookOf leaves out what comes from the paragraph's style: a heading's bold is part of
// its being a heading and not an emphasis.
func (s *story) lookOf(own, below letter) runLook {
	emphasis := own.over(below)
	all := emphasis.over(s.p.style.letter)
	r := runLook{
		look:   look(emphasis.on) & (bold | italic | strike),
		hidden: all.on&letterHidden != 0,
		super:  emphasis.on&letterSuper != 0,
	}
	if all.on&letterMono != 0 && (!s.styles.mono || below.on&letterMono != 0) {
		r.look = code
	}
	return r
}

func (s *story) runContent(e element, r runLook) error {
	switch e.name {
	case "w:t":
		text, err := s.x.text()
		if err != nil {
			return err
		}
		return s.writeText(text, r)
	case "w:tab", "w:ptab":
		return s.write("\t", r.look)
	case "w:br":
		if e.attr("w", "type") == "page" {
			return s.inlineBreak(true)
		}
		return s.write("\n", r.look)
	case "w:cr":
		return s.write("\n", r.look)
	case "w:lastRenderedPageBreak":
		return s.inlineBreak(false)
	case "w:noBreakHyphen":
		return s.write("-", r.look)
	case "w:sym":
		n, err := strconv.ParseUint(e.attr("w", "char"), 16, 32)
		if err != nil || n > 0x10FFFF {
			return nil
		}
		return s.write(dingbat.Text(e.attr("w", "font"), string(rune(n))), r.look)
	case "w:footnoteReference":
		return s.write(s.cite("footnotes", e.attr("w", "id")), raw)
	case "w:endnoteReference":
		return s.write(s.cite("endnotes", e.attr("w", "id")), raw)
	case "w:object":
		s.told = true // the picture stands for what is embedded
		return s.x.each(s.drawing)
	case "w:drawing", "w:pict":
		s.told = false
		return s.x.each(s.drawing)
	case "w:commentReference":
		return s.comment(e.attr("w", "id"))
	case "w:ruby":
		return s.ruby(r)
	}
	return s.field(e)
}

// ruby writes a word and, behind it, how it is read, which stands before it in the file.
func (s *story) ruby(r runLook) error {
	sound := ""
	err := s.x.each(func(e element) (err error) {
		switch e.name {
		case "w:rt":
			sound, err = s.x.text()
		case "w:rubyBase":
			err = s.x.each(s.inline)
		}
		return err
	})
	if sound = oneLine(cleanText(sound, "")); err != nil || sound == "" {
		return err
	}
	return s.write(markup.Reading(sound), r.look)
}

// writeText writes the text of a run.
func (s *story) writeText(text string, r runLook) error {
	text = power(s.p.text.text, cleanText(text, r.font), r.super)
	return s.write(text, r.look)
}

// raisedLetter is an exponent and not the end of an ordinal number: 2ⁿ, but 2nd and 1a.
var raisedLetter = regexp.MustCompile(`^[+−-]?[b-df-np-z](?:[+−-][0-9]{1,3})?$`)

var raisedDigits = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// power gives what is raised behind a digit a sign, since 10⁶ must not become 106 nor 2ⁿ 2n.
func power(before []byte, text string, raised bool) string {
	if !raised || len(before) == 0 || text == "" {
		return text
	}
	last, first := before[len(before)-1], text[0]
	if isLetter := last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z'; (isLetter || last == ')') && strings.Trim(text, "0123456789") == "" {
		return raisedDigits.Replace(text) // m², (a+b)²
	}
	if last >= '0' && last <= '9' && raisedLetter.MatchString(text) {
		return "^" + text
	}
	if last >= '0' && last <= '9' && (first >= '0' && first <= '9' || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "−")) {
		return "^" + text
	}
	return text
}

// cleanText drops what is not for the eye, such as soft hyphens, and puts characters of
// symbol fonts right. Line ends in XML are white space.
func cleanText(text, font string) string {
	if font != "" || strings.ContainsFunc(text, isPrivate) {
		text = dingbat.Text(font, text)
	}
	if !strings.ContainsFunc(text, needsCleaning) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r':
			b.WriteByte(' ')
		case !needsCleaning(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func needsCleaning(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u00AD' || r == '\u200B' || r == '\uFEFF' || r >= 0x7F && r < 0xA0
}

// isPrivate tells whether a character has no meaning without its font.
func isPrivate(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }

// inlineBreak puts a page break into the text of the paragraph.
func (s *story) inlineBreak(explicit bool) error {
	if s.hidden() || !s.countBreak(explicit) {
		return nil
	}
	return s.write(content.PageBreak, 0)
}

// drawing looks for text boxes, however deep, and for whatever else has words: their blocks
// follow the paragraph.
func (s *story) drawing(e element) error {
	switch e.name {
	case "mc:AlternateContent":
		return s.x.alternate(s.drawing)
	case "w:txbxContent":
		return s.textBox()
	case "wp:docPr", "v:shape":
		blocks, err := s.described(e)
		s.told = s.told || len(blocks) > 0
		if err := s.hang(blocks, err); err != nil {
			return err
		}
	case "pic:pic", "v:imagedata":
		if !s.told {
			s.leaveOut("pictures without a description")
		}
		return nil
	case "v:textpath":
		return s.hang(s.plainBlock(e.attr("", "string")))
	case "o:OLEObject", "w:control":
		s.leaveOut("embedded objects")
		return nil
	case "c:chart", "dgm:relIds":
		return s.hang(s.graphic(s.ctx, e, s.relations))
	}
	return s.x.each(s.drawing)
}

// hang puts blocks behind the paragraph, unless they are in what is hidden.
func (s *story) hang(blocks []block, err error) error {
	if err == nil && !s.hidden() {
		s.p.boxes = append(s.p.boxes, blocks...)
	}
	return err
}

// textBox reads a flow of its own in the middle of a paragraph.
func (s *story) textBox() error {
	outer := *s
	p := s.p
	s.sink = func(b block) error { p.boxes = append(p.boxes, b); return nil }
	s.paged, s.link, s.fields, s.carried = false, "", nil, nil
	err := s.all()
	outer.broken, outer.held = s.broken, s.held
	*s = outer
	return err
}
