package rtf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
)

// maxDepth is how deep groups may nest.
const maxDepth = 200

// maxStyles is the most styles and fonts that are known.
const maxStyles = 100_000

var errNoRTF = errors.New("rtf: no RTF")

// clean writes RTF anew so that pandoc reads all of it: all text as Unicode, because
// pandoc takes no notice of the character sets of fonts; footnotes where pandoc looks for
// them, the text of shapes in the paragraph where they are, and headings by the names of
// their styles; without pictures, deletions and marks for an index. It returns what the
// document says about itself, too, and errRTFEnd for a file that is cut off.
func clean(ctx context.Context, raw []byte) (string, map[string]any, error) {
	raw = bytes.TrimPrefix(bytes.TrimLeft(raw, " \r\n\t"), []byte("\xEF\xBB\xBF"))
	if !bytes.HasPrefix(raw, []byte(`{\rtf`)) {
		return "", nil, errNoRTF
	}
	c := &cleaner{
		in: scanner{raw: raw}, fonts: map[int]int{}, levels: map[int]int{},
		info: info{texts: map[string]string{}, numbers: map[string]int{}},
	}
	for i := 1; ; i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		done, err := c.step()
		if err != nil {
			return "", nil, err
		}
		if done {
			return c.out.String(), c.info.metadata(), nil
		}
	}
}

// cleaner reads tokens and writes those that pandoc is to see.
type cleaner struct {
	in     scanner
	out    strings.Builder
	groups []group
	high   rune   // the first half of a character above U+FFFF
	bytes  []byte // text that is not decoded yet: a character may be of two bytes
	page   int    // of the whole document
	font   int    // of text that names none
	fonts  map[int]int
	levels map[int]int // of headings, by the numbers of their styles
	info   info
}

// group is the state that a group inherits and its end restores.
type group struct {
	place   string // what the group is for: "fonttbl", "stylesheet", "info", "" for text
	field   string // of the info
	skip    bool
	written bool // its beginning has been written
	choice  bool // the next group in it is there for readers that know no Unicode
	starred bool // "\*" has been read: the group may be passed over by who does not know it
	started bool // its first word has been read
	font    int
	style   int    // in the style sheet
	name    string // of a style or of a field's text
	fall    int    // characters that follow \u for old readers
	left    int    // of these to be passed over still
	date    [5]int
}

func (c *cleaner) top() *group { return &c.groups[len(c.groups)-1] }

// step reads a token; done says that the document is at its end.
func (c *cleaner) step() (done bool, err error) {
	t, err := c.in.next()
	if err != nil {
		return false, err
	}
	if t.kind != text {
		c.flush()
	}
	switch t.kind {
	case open:
		return false, c.open()
	case closing:
		return c.close(), nil
	case word:
		c.word(t)
	case symbol:
		c.symbol(t)
	case text:
		c.text(t.char)
	}
	return false, nil
}

func (c *cleaner) open() error {
	if len(c.groups) >= maxDepth {
		return markup.ErrDepth
	}
	g := group{fall: 1, font: -1}
	if len(c.groups) > 0 {
		c.top().left = 0
		g = *c.top()
		g.skip = g.skip || g.choice
		c.top().choice = false
		g.started, g.starred, g.choice = false, false, false
		if g.place != "" {
			g.name = ""
		}
	}
	if g.written = !g.skip && g.place == ""; g.written {
		c.out.WriteByte('{')
	}
	c.groups = append(c.groups, g)
	return nil
}

func (c *cleaner) close() (done bool) {
	g := *c.top()
	c.endEntry(&g)
	if g.written {
		c.out.WriteByte('}')
	}
	c.groups = c.groups[:len(c.groups)-1]
	return len(c.groups) == 0
}

// write writes what pandoc is to see.
func (c *cleaner) write(s string) {
	if !c.top().skip && c.top().place == "" {
		c.out.WriteString(s)
	}
}

// skipped are groups that hold nothing to read, or nothing that belongs to the text.
var skipped = map[string]bool{
	"pict": true, "object": true, "deleted": true, "xe": true, "tc": true, "tcn": true, "header": true, "footer": true, "headerl": true, "headerr": true,
	"headerf": true, "footerl": true, "footerr": true, "footerf": true, "annotation": true, "atnid": true, "atnauthor": true,
	"atrfstart": true, "atrfend": true, "sp": true, "themedata": true, "colorschememapping": true, "datastore": true, "latentstyles": true, "shprslt": true,
	"nesttableprops": true, "nonesttables": true, "ftnsep": true, "ftnsepc": true, "ftncn": true, "aftnsep": true, "aftnsepc": true, "aftncn": true, "nonshppict": true, "generator": true,
}

func (c *cleaner) word(t token) {
	g := c.top()
	first := !g.started
	g.started = true
	if g.left > 0 {
		g.left--
		return
	}
	if first && c.begins(g, t) {
		return
	}
	switch t.word {
	case "nestcell": // of a table in a table, which pandoc does not know
		t.word = "line"
	case "ansicpg":
		c.page = t.number
		return
	case "deff":
		c.font = t.number
	case "uc":
		g.fall = min(max(t.number, 0), 10)
		return
	case "u":
		c.unicode(rune(t.number))
		g.left = g.fall
		return
	case "f":
		g.font = t.number
	case "fcharset":
		if g.place == "fonttbl" && len(c.fonts) < maxStyles {
			c.fonts[g.font] = t.number
		}
	case "plain":
		g.font = -1
	case "s":
		g.style = t.number
	case "yr", "mo", "dy", "hr", "min":
		g.date[strings.Index("yr mo dy hr min", t.word)/3] = t.number
	}
	if c.write(`\` + t.word); t.has {
		c.write(strconv.Itoa(t.number))
	}
	c.write(" ")
	if level, known := c.levels[t.number]; t.word == "s" && known && g.place == "" {
		c.write(fmt.Sprintf(`\outlinelevel%d `, level))
	}
}

// begins looks at the first word of a group, which says what the group is for; true
// says that the word is done with.
func (c *cleaner) begins(g *group, t token) bool {
	known := true
	switch {
	case skipped[t.word]:
		g.skip = true
	case t.word == "fonttbl", t.word == "stylesheet", t.word == "info":
		g.place = t.word
	case t.word == "upr":
		g.choice = true
	case t.word == "ud":
	case g.place == "info":
		g.field = t.word
		if t.has {
			c.info.numbers[t.word] = t.number
		}
	case t.word == "footnote", t.word == "shpinst", t.word == "shptxt", t.word == "shp", t.word == "shpgrp", t.word == "do", t.word == "dptxbxtext":
		if t.word == "footnote" {
			c.write(`\footnote `)
		}
	default:
		known = false
		if g.starred {
			c.write(`\*`)
		}
	}
	return known
}

func (c *cleaner) symbol(t token) {
	g := c.top()
	if g.left > 0 {
		g.left--
		return
	}
	switch t.word {
	case "*":
		g.starred = true
		return
	case "\\", "{", "}":
		c.text(t.word[0])
		return
	}
	g.started = true
	c.write(`\` + t.word)
}

func (c *cleaner) text(b byte) {
	g := c.top()
	g.started = true
	if g.left > 0 {
		g.left--
		return
	}
	c.bytes = append(c.bytes, b)
}

// flush writes the text so far.
func (c *cleaner) flush() {
	if len(c.bytes) == 0 {
		return
	}
	for _, r := range decode(c.bytes, c.codePage()) {
		c.unicode(r)
	}
	c.bytes = c.bytes[:0]
}

// codePage is the encoding of the text here.
func (c *cleaner) codePage() int {
	font := c.top().font
	if font < 0 {
		font = c.font
	}
	if set := c.fonts[font]; set == symbolSet {
		return symbolSet
	} else if page := fontPages[set]; page != 0 {
		return page
	}
	return c.page
}

// unicode writes a character, or keeps it where it is a name.
func (c *cleaner) unicode(r rune) {
	if r < 0 { // 16 bits with a sign
		r += 1 << 16
	}
	high := c.high
	half := r
	if c.high = 0; utf16.IsSurrogate(r) {
		if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
			c.high = half
			return
		}
	}
	if r >= 0xf020 && r <= 0xf0ff { // a sign of a font of signs
		r, _ = utf8.DecodeRuneInString(decode([]byte{byte(r)}, symbolSet))
	}
	g := c.top()
	switch {
	case g.skip:
	case g.place == "info":
		if len(c.info.texts[g.field]) < 2*property.MaxLength {
			c.info.texts[g.field] += string(r)
		}
	case g.place != "":
		if len(g.name) < 100 {
			g.name += string(r)
		}
	case r == '\\' || r == '{' || r == '}':
		c.out.WriteByte('\\')
		c.out.WriteRune(r)
	case r >= ' ' && r < 0x7f:
		c.out.WriteRune(r)
	case r == '\t':
		c.out.WriteString(`\tab `)
	case r < 0xa0 && r != 0x85:
	default:
		c.out.WriteRune(r)
	}
}

// endEntry takes note of a style or of a date at the end of its group.
func (c *cleaner) endEntry(g *group) {
	switch {
	case g.place == "stylesheet":
		name := strings.ToLower(strings.TrimRight(strings.TrimSpace(g.name), ";"))
		level, isHeading := strings.CutPrefix(name, "heading ")
		n, err := strconv.Atoi(level)
		if name == "title" {
			isHeading, n, err = true, 1, nil
		}
		if isHeading && err == nil && n >= 1 && n <= 9 && len(c.levels) < maxStyles {
			c.levels[g.style] = n - 1
		}
	case g.place == "info" && g.field == "creatim" && g.date[0] > 0:
		d := g.date
		c.info.created = time.Date(d[0], time.Month(max(d[1], 1)), max(d[2], 1), d[3], d[4], 0, 0, time.UTC)
	}
}
