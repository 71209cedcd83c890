package rtf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/dingbat"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
)

const (
	// maxDepth is how deep groups may nest.
	maxDepth = 200
	// maxStyles is the most styles and fonts that are known.
	maxStyles = 100_000
	// maxText is the longest property of the document that is kept, in bytes.
	maxText = 8 << 10
)

var errNoRTF = errors.New("rtf: no RTF")

// read makes a page of RTF, its notes at the end, and returns what the document says about
// itself and what is left out of it, too. It fails with errEnd for a file that is cut off.
func read(ctx context.Context, raw []byte) (*html.Node, map[string]any, []string, error) {
	raw = bytes.TrimPrefix(bytes.TrimLeft(raw, " \r\n\t"), []byte("\xEF\xBB\xBF"))
	if !bytes.HasPrefix(raw, []byte(`{\rtf`)) {
		return nil, nil, nil, errNoRTF
	}
	r := &reader{
		in: scanner{raw: raw}, fonts: map[int]int{}, names: map[int]string{}, levels: map[int]int{}, counted: map[[2]int]int{},
		lists: listTable{kinds: map[int][]listKind{}, starts: map[int][]int{}, ids: map[int]int{}},
		info:  info{texts: map[string]string{}, numbers: map[string]int{}},
	}
	r.out = r.newFlow()
	for i := 1; ; i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, nil, nil, ctx.Err()
		}
		done, err := r.step()
		if err != nil {
			return nil, nil, nil, err
		}
		if r.nodes > maxNodes {
			return nil, nil, nil, errNodes
		}
		if done {
			return r.page(), r.info.metadata(), r.left.Warnings(), nil
		}
	}
}

// page puts the notes behind the text.
func (r *reader) page() *html.Node {
	body := r.out.close(paragraph{})
	if len(r.remarks) > 0 {
		list := element(atom.Ul)
		for _, remark := range r.remarks {
			item := element(atom.Li)
			item.AppendChild(&html.Node{Type: html.TextNode, Data: "Comment: "})
			for remark.FirstChild != nil {
				child := remark.FirstChild
				remark.RemoveChild(child)
				if child.DataAtom == atom.P {
					item.AppendChild(&html.Node{Type: html.TextNode, Data: " "})
					child.Data, child.DataAtom = atom.Span.String(), atom.Span
				}
				item.AppendChild(child)
			}
			list.AppendChild(item)
		}
		body.AppendChild(list)
	}
	for _, note := range r.notes {
		body.AppendChild(note)
	}
	page := &html.Node{Type: html.DocumentNode}
	page.AppendChild(body)
	return page
}

// reader reads tokens and puts the text where it belongs.
type reader struct {
	in      scanner
	groups  []group
	high    rune   // the first half of a character above U+FFFF
	bytes   []byte // text that is not decoded yet: a character may be of two bytes
	page8   int    // code page of the whole document
	font    int    // of text that names none
	fonts   map[int]int
	names   map[int]string // of the fonts
	levels  map[int]int    // of headings, by the numbers of their styles
	lists   listTable
	counted map[[2]int]int // items of a list's level so far
	info    info
	out     *flow
	notes   []*html.Node
	remarks []*html.Node // comments, for the end of the text
	left    omission.Counts
	hides   bool // a hidden text came last
	nodes   int
}

// group is the state that a group inherits and its end restores.
type group struct {
	place   string // what the group is for: "fonttbl", "stylesheet", "info", …, "" for text
	key     string // of the info
	skip    bool
	margin  *bool // of a header or footer: whether its words are counted
	choice  bool  // the next group in it is there for readers that know no Unicode
	starred bool  // "\*" has been read: the group may be passed over by who does not know it
	started bool  // its first word has been read
	look    look
	para    paragraph
	style   int    // in the style sheet
	name    string // of a style
	fall    int    // characters that follow \u for old readers
	left    int    // of these to be passed over still
	date    [5]int
	id      int // of a list
	field   *field
	drawing *drawing   // around it
	part    string     // of a property of that: "sn" for its name, "sv" for its value
	math    *html.Node // the element of a formula
	alone   bool       // a formula is a paragraph
	opens   opening
	outer   *flow // what text goes to after the group
}

// opening is what the end of a group ends besides.
type opening uint8

const (
	nothing opening = iota
	aField
	aNote
	aShape
	aRemark
	aDrawing
	aFormula
)

func (r *reader) top() *group { return &r.groups[len(r.groups)-1] }

// step reads a token; done says that the document is at its end.
func (r *reader) step() (done bool, err error) {
	t, err := r.in.next()
	if err != nil {
		return false, err
	}
	if t.kind != text {
		r.flush()
	}
	switch t.kind {
	case open:
		return false, r.open()
	case closing:
		return r.close(), nil
	case word:
		r.word(t)
	case symbol:
		r.symbol(t)
	case text:
		r.text(t.char)
	}
	return false, nil
}

func (r *reader) open() error {
	if len(r.groups) >= maxDepth {
		return markup.ErrDepth
	}
	g := group{fall: 1, look: look{font: -1}}
	if len(r.groups) > 0 {
		r.top().left = 0
		g = *r.top()
		g.skip = g.skip || g.choice
		r.top().choice = false
		g.started, g.starred, g.choice, g.opens, g.outer = false, false, false, nothing, nil
		if g.place == "stylesheet" {
			g.name = ""
		}
	}
	r.groups = append(r.groups, g)
	return nil
}

func (r *reader) close() (done bool) {
	g := *r.top()
	r.endEntry(&g)
	r.groups = r.groups[:len(r.groups)-1]
	switch g.opens {
	case aField:
		if !g.skip {
			r.out.text(g.field.shown(), r.top().look, "")
		}
	case aNote:
		note := r.out.close(g.para)
		r.out = g.outer
		r.note(note)
	case aRemark:
		remark := r.out.close(g.para)
		r.out = g.outer
		if markup.HasText(remark) {
			r.remarks = append(r.remarks, remark)
		}
	case aDrawing:
		r.describe(g.drawing)
	case aFormula:
		r.formula(g.math, g.alone)
	case aShape:
		shape := r.out.close(g.para)
		r.out = g.outer
		r.out.shape(shape)
	}
	if g.place == "mark" && len(r.groups) > 0 && !g.skip {
		r.top().para.mark = strings.TrimSpace(g.name)
	}
	return len(r.groups) == 0
}

// note puts a reference to a note into the text.
func (r *reader) note(body *html.Node) {
	id := fmt.Sprintf("note-%d", len(r.notes)+1)
	body.Attr = []html.Attribute{{Key: "id", Val: id}}
	r.notes = append(r.notes, body)
	link := element(atom.A, html.Attribute{Key: "role", Val: "doc-noteref"}, html.Attribute{Key: "href", Val: "#" + id})
	link.AppendChild(&html.Node{Type: html.TextNode, Data: "*"})
	r.out.place(link, look{}, "")
}

func (r *reader) text(b byte) {
	g := r.top()
	g.started = true
	if g.left > 0 {
		g.left--
		return
	}
	r.bytes = append(r.bytes, b)
}

// flush writes the text so far.
func (r *reader) flush() {
	if len(r.bytes) == 0 {
		return
	}
	text := decode(r.bytes, r.codePage())
	if name := r.names[r.font8()]; r.codePage() == symbolSet && dingbat.Known(name) {
		var codes []rune
		for _, c := range r.bytes {
			codes = append(codes, rune(0xf000)+rune(c))
		}
		text = dingbat.Text(name, string(codes))
	}
	for _, c := range text {
		r.unicode(c)
	}
	r.bytes = r.bytes[:0]
}

// font8 is the number of the font of the text here.
func (r *reader) font8() int {
	if font := r.top().look.font; font >= 0 {
		return font
	}
	return r.font
}

// codePage is the encoding of the text here.
func (r *reader) codePage() int {
	if set := r.fonts[r.font8()]; set == symbolSet {
		return symbolSet
	} else if page := fontPages[set]; page != 0 {
		return page
	}
	return r.page8
}

// unicode writes a character, or keeps it where it is a name.
func (r *reader) unicode(c rune) {
	if c < 0 { // 16 bits with a sign
		c += 1 << 16
	}
	high, half := r.high, c
	if r.high = 0; utf16.IsSurrogate(c) {
		if c = utf16.DecodeRune(high, c); c == utf8.RuneError {
			r.high = half
			return
		}
	}
	if c >= 0xf020 && c <= 0xf0ff { // a sign of a font of signs
		if name := r.names[r.font8()]; dingbat.Known(name) {
			r.write(dingbat.Text(name, string(c)))
			return
		}
		c, _ = utf8.DecodeRuneInString(decode([]byte{byte(c)}, symbolSet))
	}
	if c >= ' ' && c < 0x7f || c == '\t' || c >= 0xa0 || c == 0x85 {
		r.write(string(c))
	}
}

// write puts text where the group has it.
func (r *reader) write(s string) {
	g := r.top()
	switch {
	case g.describes(s):
	case g.math != nil && !g.skip:
		r.formulaText(g.math, s)
	case g.skip:
		if g.margin != nil && !*g.margin && strings.ContainsFunc(s, unicode.IsLetter) {
			*g.margin = true
			r.left.Add("headers and footers", 1)
		}
	case g.place == "":
		if isText := strings.TrimSpace(s) != ""; isText && g.look.hidden != r.hides {
			if r.hides = g.look.hidden; r.hides {
				r.left.Add("hidden texts", 1)
			}
		}
		if !g.look.hidden {
			link := ""
			if g.field != nil {
				link = g.field.address
			}
			shown := g.look
			shown.font = 0
			r.out.text(s, shown, link)
		}
	case g.place == "info":
		if len(r.info.texts[g.key]) < maxText {
			r.info.texts[g.key] += s
		}
	case g.place == "fldinst":
		if len(g.field.instruction) < maxInstruction {
			g.field.instruction += s
		}
	case g.place == "ffl":
		if last := len(g.field.form.items) - 1; last >= 0 && len(g.field.form.items[last]) < maxInstruction {
			g.field.form.items[last] += s
		}
	case len(g.name) < 100:
		g.name += s
	}
}
