package ooxml

import (
	"context"
	"regexp"
	"strings"
)

// letter is how a run of text is set: a look that is set or taken back, or left to what
// is below. Hidden text and the kind of type ride on the same bits.
type letter struct{ set, on uint16 }

const (
	letterBold   = uint16(bold)
	letterItalic = uint16(italic)
	letterStrike = uint16(strike)
	letterMono   = uint16(code)
	letterHidden = uint16(1 << 8)
	letterSuper  = uint16(1 << 9)
)

func (l *letter) put(bit uint16, on bool) {
	l.set |= bit
	l.on &^= bit
	if on {
		l.on |= bit
	}
}

// over lays the letter over another one.
func (l letter) over(below letter) letter {
	return letter{set: l.set | below.set, on: l.on | below.on&^l.set}
}

// readLetter takes one child of w:rPr.
func (l *letter) read(e element) {
	switch e.name {
	case "w:b":
		l.put(letterBold, e.on())
	case "w:i":
		l.put(letterItalic, e.on())
	case "w:strike", "w:dstrike":
		l.put(letterStrike, e.on())
	case "w:vanish":
		l.put(letterHidden, e.on())
	case "w:vertAlign":
		l.put(letterSuper, e.val() == "superscript")
	case "w:rFonts":
		font := e.attr("w", "ascii")
		if font == "" {
			font = e.attr("w", "hAnsi")
		}
		if font != "" || e.attr("w", "asciiTheme") != "" {
			l.put(letterMono, isMono(font))
		}
	}
}

// style is what a style means here, with what it inherits once it is resolved.
type style struct {
	name, based string
	letter      letter
	outline     int    // 1 to 9 for a heading, 10 for body text, 0 when not said
	list        string // the id of its list, "" when not said
	level       int    // of the list, -1 when not said
	role        role
	resolved    bool
}

// role is what the name of a style says.
type role uint8

const (
	noRole role = iota
	roleTitle
	roleCode
	roleQuote
)

// maxChain bounds how long a chain of styles is followed.
const maxChain = 100

// styles are those of a document by their ids.
type styles struct {
	byID     map[string]*style
	standard string // the id of the style of paragraphs that name none
	mono     bool   // all text is set like code, so that this says nothing
	language string
}

func readStyles(ctx context.Context, a *pack, name string) (*styles, error) {
	all := &styles{byID: map[string]*style{}}
	var base letter
	err := a.scan(ctx, name, a.limits.MaxPart/8, func(s *scanner, _ element) error {
		return s.each(func(e element) error {
			switch e.name {
			case "w:docDefaults":
				return s.each(func(element) error { // rPrDefault
					return s.each(func(element) error { // rPr
						return s.each(func(e element) error {
							base.read(e)
							if e.name == "w:lang" {
								all.language = e.val()
							}
							return nil
						})
					})
				})
			case "w:style":
				return all.readStyle(s, e)
			}
			return nil
		})
	})
	all.mono = all.paragraph("").letter.over(base).on&letterMono != 0
	return all, err
}

func (all *styles) readStyle(s *scanner, e element) error {
	id := e.attr("w", "styleId")
	if e.attr("w", "type") == "paragraph" && isOn(e.attr("w", "default"), false) {
		all.standard = id
	}
	st := &style{level: -1}
	all.byID[id] = st
	return s.each(func(e element) error {
		switch e.name {
		case "w:name":
			st.name = strings.ToLower(oneLine(e.val()))
			st.role = roles[st.name]
		case "w:basedOn":
			st.based = e.val()
		case "w:rPr":
			return s.each(func(e element) error { st.letter.read(e); return nil })
		case "w:pPr":
			return s.each(func(e element) error {
				switch e.name {
				case "w:outlineLvl":
					st.outline = min(toNumber(e.val()), 9) + 1
				case "w:numPr":
					list, level, err := readListRef(s)
					st.list, st.level = list, level
					return err
				}
				return nil
			})
		}
		return nil
	})
}

// readListRef reads w:numPr: the list, "" when not said, and the level, -1 likewise.
func readListRef(s *scanner) (list string, level int, err error) {
	level = -1
	err = s.each(func(e element) error {
		switch e.name {
		case "w:numId":
			list = e.val()
		case "w:ilvl":
			if i, ok := levelIndex(e.val()); ok {
				level = i
			}
		}
		return nil
	})
	return list, level, err
}

// paragraph resolves the style of a paragraph; "" and ids that are not known mean the
// standard one.
func (all *styles) paragraph(id string) style {
	if all.byID[id] == nil {
		id = all.standard
	}
	return all.resolve(id)
}

// resolve lays a style over those that it is based on. What it finds is kept, so that
// long chains are followed once.
func (all *styles) resolve(id string) style {
	var chain []*style
	for len(chain) < maxChain {
		st := all.byID[id]
		if st == nil {
			break
		}
		chain = append(chain, st)
		if st.resolved {
			break
		}
		st.resolved = true // also ends a circle
		id = st.based
	}
	if len(chain) == 0 {
		return style{level: -1}
	}
	for i := len(chain) - 2; i >= 0; i-- {
		chain[i].inherit(chain[i+1])
	}
	return *chain[0]
}

func (st *style) inherit(below *style) {
	st.letter = st.letter.over(below.letter)
	if st.outline == 0 {
		st.outline = headingLevel(st.name)
	}
	if st.outline == 0 {
		st.outline = below.outline
		if st.outline == 0 {
			st.outline = headingLevel(below.name)
		}
	}
	if st.list == "" {
		st.list, st.level = below.list, max(st.level, below.level)
	}
	if st.role == noRole && below.role != roleTitle {
		st.role = below.role
	}
}

// heading is the level of a heading, 0 for other text.
func (st style) heading() int {
	switch level := st.outline; {
	case st.role == roleTitle:
		return 1
	case level == 0:
		return min(headingLevel(st.name), 6)
	case level <= 9:
		return min(level, 6)
	}
	return 0
}

// roles are the names of styles that mean something; Word writes the English name of a
// style of its own whatever its language, other programs their translation.
var roles = map[string]role{
	"title": roleTitle, "titel": roleTitle, "titre": roleTitle, "título": roleTitle, "titolo": roleTitle,
	"code": roleCode, "source code": roleCode, "sourcecode": roleCode, "code block": roleCode, "codeblock": roleCode,
	"html preformatted": roleCode, "preformatted text": roleCode, "preformatted": roleCode, "listing": roleCode,
	"macro": roleCode, "macro text": roleCode, "source text": roleCode, "verbatim char": roleCode,
	"verbatim": roleCode, "html code": roleCode, "html sample": roleCode, "html keyboard": roleCode,
	"html typewriter": roleCode, "inline code": roleCode, "code char": roleCode, "source code char": roleCode,
	"quellcode": roleCode, "code source": roleCode, "código": roleCode, "codice": roleCode,
	"quote": roleQuote, "intense quote": roleQuote, "block text": roleQuote, "quotations": roleQuote,
	"block quotation": roleQuote, "zitat": roleQuote, "citation": roleQuote, "cita": roleQuote, "citazione": roleQuote,
}

var headingName = regexp.MustCompile(`^(?:heading|überschrift|titre|título|titulo|titolo|rubrik|kop|overskrift|nagłówek|` +
	`заголовок|otsikko|nadpis|başlık|címsor|見出し|标题|標題|제목) ?([1-9])$`)

// headingLevel reads the level from a style's name, 0 when it names no heading.
func headingLevel(name string) int {
	if m := headingName.FindStringSubmatch(name); m != nil {
		return int(m[1][0] - '0')
	}
	return 0
}

// monoParts are what the names of typewriter faces have in them.
var monoParts = []string{"courier", "consol", "menlo", "monaco", "inconsolata", "source code", "fira code", "cascadia code", "typewriter", "letter gothic"}

func isMono(font string) bool {
	font = strings.ToLower(font)
	for _, part := range monoParts {
		if strings.Contains(font, part) {
			return true
		}
	}
	for _, word := range strings.Fields(font) {
		if word == "mono" {
			return true
		}
	}
	return false
}
