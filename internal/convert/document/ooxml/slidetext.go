package ooxml

import (
	"cmp"
	"strconv"
	"strings"

	"morag/internal/convert/document/dingbat"
)

// textBody reads the paragraphs of a shape or a cell (a:txBody).
type textBody struct {
	*slideReader
	bullets bullets // what the levels have unless a paragraph says otherwise
	count   [levels]int
	scheme  [levels]autoNumber // by which a level is being counted
	blocks  []block
	plain   strings.Builder // the text without marks, for titles
	title   bool
}

// autoNumber is a way of numbering: its name, such as arabicPeriod, and the start.
type autoNumber struct {
	name  string
	start int
}

// newBody knows which paragraphs have bullets unless they say otherwise: those of a
// placeholder for content, as far as the layout leaves it so.
func (r *slideReader) newBody(holder bool, place, index string) *textBody {
	b := &textBody{slideReader: r, title: place == "title" || place == "ctrTitle"}
	if holder && !r.isNotes && (place == "" || place == "body" || place == "obj") {
		for i := range b.bullets {
			b.bullets[i] = bulleted
		}
		b.bullets.cover(r.layout.body)
	}
	if holder && !r.isNotes && !b.title {
		b.bullets.cover(r.layout.holder(place, index))
	}
	return b
}

func (b *textBody) read() error {
	return b.x.each(func(e element) error {
		switch e.name {
		case "a:lstStyle":
			own, err := readBullets(b.x)
			if !b.title {
				b.bullets.cover(own)
			}
			return err
		case "a:p":
			return b.paragraph()
		}
		return nil
	})
}

// slideParagraph is a paragraph while it is read.
type slideParagraph struct {
	text   inline
	level  int
	bullet bullet
	auto   autoNumber
}

func (b *textBody) paragraph() error {
	var p slideParagraph
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "a:pPr":
			if i, ok := levelIndex(e.attr("", "lvl")); ok {
				p.level = i
			}
			return b.x.each(func(e element) error {
				if found := bulletOf(e); found != unsaid {
					p.bullet = found
				}
				if e.name == "a:buAutoNum" {
					p.auto = autoNumber{e.attr("", "type"), max(toNumber(e.attr("", "startAt")), 1)}
				}
				return nil
			})
		case "a:r", "a:fld":
			return b.run(&p.text)
		case "a:br":
			return b.write(&p.text, "\n", 0, "")
		case "a14:m", "m:oMathPara", "m:oMath":
			text, err := b.x.math(e)
			if err != nil {
				return err
			}
			return b.write(&p.text, text, raw, "")
		case "mc:AlternateContent":
			return b.x.alternate(visit)
		}
		return nil
	}
	if err := b.x.each(visit); err != nil {
		return err
	}
	return b.emit(&p)
}

func (b *textBody) run(text *inline) error {
	var l look
	address, font, super := "", "", false
	return b.x.each(func(e element) error {
		switch e.name {
		case "a:rPr":
			l, super = slideLook(e)
			return b.x.each(func(e element) error {
				switch e.name {
				case "a:latin":
					if isMono(e.attr("", "typeface")) {
						l = code
					}
					font = cmp.Or(font, e.attr("", "typeface"))
				case "a:sym":
					if dingbat.Known(e.attr("", "typeface")) && strings.HasPrefix(font, "+") {
						font = ""
					}
					font = cmp.Or(font, e.attr("", "typeface"))
				case "a:hlinkClick":
					if r := b.relations[e.attr("r", "id")]; r.external {
						address = link(r.target)
					}
				}
				return nil
			})
		case "a:t":
			t, err := b.x.text()
			if err != nil {
				return err
			}
			// A vertical tab that an old program left is a line break.
			t = cleanText(strings.ReplaceAll(t, "_x000B_", " "), font)
			return b.write(text, power(text.text, t, super), l, address)
		}
		return nil
	})
}

func slideLook(e element) (l look, super bool) {
	if isOn(e.attr("", "b"), false) {
		l |= bold
	}
	if isOn(e.attr("", "i"), false) {
		l |= italic
	}
	if s := e.attr("", "strike"); s != "" && s != "noStrike" {
		l |= strike
	}
	raised, err := strconv.Atoi(strings.TrimSuffix(e.attr("", "baseline"), "%"))
	return l, err == nil && raised > 0
}

func (b *textBody) write(text *inline, s string, l look, address string) error {
	if err := b.spend(len(s) + len(address) + 1); err != nil {
		return err
	}
	if b.title {
		b.plain.WriteString(s)
		l, address = 0, ""
	}
	text.add(s, l, address)
	return nil
}

// emit makes a block of the paragraph. Empty ones only make room on the slide.
func (b *textBody) emit(p *slideParagraph) error {
	if b.title {
		b.plain.WriteByte(' ')
	}
	text := strings.Trim(p.text.markdown(), " \t\n")
	if text == "" {
		return nil
	}
	if p.bullet == unsaid {
		p.bullet = b.bullets[p.level]
	}
	if p.bullet == numbered && p.auto.name == "" {
		p.auto = autoNumber{"arabicPeriod", 1}
	}
	for deeper := p.level + 1; deeper < levels; deeper++ {
		b.scheme[deeper] = autoNumber{}
	}
	if b.scheme[p.level] != p.auto {
		b.scheme[p.level], b.count[p.level] = p.auto, p.auto.start-1
	}
	out := block{kind: item, level: p.level, label: "-", text: text}
	switch {
	case b.title || p.bullet == unsaid || p.bullet == none:
		out = block{kind: paragraph, text: text}
	case p.bullet == numbered:
		b.count[p.level]++
		out.label = itemLabel(p.auto.label(b.count[p.level]))
	}
	b.blocks = append(b.blocks, out)
	return b.spend(len(out.label) + 1)
}

// label writes a number as its scheme says (ST_TextAutonumberScheme, ISO/IEC 29500-1,
// 20.1.10.61): the kind of number first, then what stands around it.
func (a autoNumber) label(n int) string {
	text := strconv.Itoa(n)
	for prefix, format := range map[string]string{
		"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman",
	} {
		if strings.HasPrefix(a.name, prefix) {
			text = number(n, format)
		}
	}
	switch {
	case strings.HasSuffix(a.name, "ParenBoth"):
		return "(" + text + ")"
	case strings.HasSuffix(a.name, "ParenR"):
		return text + ")"
	case strings.HasSuffix(a.name, "Plain"):
		return text
	}
	return text + "."
}
