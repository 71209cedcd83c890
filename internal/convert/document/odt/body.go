package odt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/dingbat"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
)

const (
	// maxRepeat is how often a cell or row that stands for several is written.
	maxRepeat = 1000
	// maxNodes is the most elements and texts of one document; they are held in memory.
	maxNodes = 8 << 20
)

var errNodes = errors.New("too many elements")

// odtReader builds a page of the elements of an OpenDocument text. Its methods stand
// inside an element, whose start has been read, and end with its end.
type odtReader struct {
	ctx     context.Context
	bundle  *archive.Archive
	decoder *xml.Decoder
	odtStyles
	root   string // the element that holds the content
	limit  int64  // bytes of text that come out
	page   *html.Node
	boxes  []*html.Node // what is to follow the paragraph: text boxes and charts
	tokens int
	depth  int
	nodes  int
	notes  int
	hidden int // texts that are left out
	left   omission.Counts
	// What was remarked on a text, for its end.
	comments []*html.Node
	// What the reader warns of besides.
	warnings []string
	// Bytes of text in cells that are written several times.
	repeated int64
	// The numbered lists: how far they are counted, by their ids, and the last one.
	counts    map[string]int
	lastCount int
}

// odtPlace is where an element stands.
type odtPlace struct {
	list  string // the style of the list around it
	level int    // of that list, from 1
	font  string // "" for none that is known
	pre   bool   // white space is kept
}

func newReader(ctx context.Context, b *archive.Archive) *odtReader {
	return &odtReader{
		ctx: ctx, bundle: b, counts: map[string]int{},
		odtStyles: odtStyles{styles: map[string]odtStyle{}, lists: map[string]odtList{}},
	}
}

// Read reads the styles and then the text.
func (r *odtReader) read(body []byte) (*html.Node, error) {
	if err := r.readStyles(); err != nil {
		return nil, err
	}
	r.page = element(atom.Body)
	seen := false
	err := r.scan(body, func() error {
		seen = true
		return r.blocks(r.page, odtPlace{})
	})
	if err == nil && !seen {
		err = io.ErrUnexpectedEOF
	}
	joinCode(r.page)
	return r.page, err
}

// readStyles reads the styles that are in a part of their own. Damaged ones are as good as none.
func (r *odtReader) readStyles() error {
	styles, err := r.bundle.Read("styles.xml")
	if err != nil || styles == nil {
		return err
	}
	if err := r.scan(styles, nil); err != nil && r.ctx.Err() != nil {
		return err
	}
	return nil
}

// scan reads the styles of a part, and calls text where the text begins.
func (r *odtReader) scan(raw []byte, text func() error) error {
	r.decoder, r.depth = markup.NewXMLDecoder(bytes.NewReader(raw)), 0
	var visit func(e xml.StartElement) error
	visit = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "document-content", "document-styles", "styles", "automatic-styles", "body":
			return r.each(visit)
		case "master-styles":
			if r.root == "text" {
				return r.margins()
			}
		case "style":
			return r.style(e, r.each)
		case "list-style":
			return r.list(e, r.each)
		case r.root:
			if text != nil {
				return text()
			}
		}
		return nil
	}
	return r.each(visit)
}

// each calls visit for every child; what visit does not read of it is skipped.
func (r *odtReader) each(visit func(e xml.StartElement) error) error {
	return r.tokensOf(func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok {
			return visit(e)
		}
		return nil
	})
}

// tokensOf calls visit for every child element and text.
func (r *odtReader) tokensOf(visit func(token xml.Token) error) error {
	for {
		token, err := r.next()
		if err != nil {
			if errors.Is(err, io.EOF) && r.depth == 0 {
				return nil
			}
			return err
		}
		switch token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			depth := r.depth
			if err := visit(token); err != nil {
				return err
			}
			for r.depth >= depth {
				if _, err := r.next(); err != nil {
					return err
				}
			}
		case xml.CharData:
			if err := visit(token); err != nil {
				return err
			}
		}
	}
}

func (r *odtReader) next() (xml.Token, error) {
	if r.tokens++; r.tokens%256 == 0 && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token.(type) {
	case xml.StartElement:
		if r.depth++; r.depth > markup.MaxDepth {
			return nil, markup.ErrDepth
		}
	case xml.EndElement:
		r.depth--
	}
	return token, nil
}

func element(a atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: a.String(), DataAtom: a, Attr: attrs}
}

// append adds a node within the limit.
func (r *odtReader) append(parent, child *html.Node) error {
	if r.nodes++; r.nodes > maxNodes {
		return errNodes
	}
	parent.AppendChild(child)
	return nil
}

// blocks reads paragraphs, lists, tables and what holds them.
func (r *odtReader) blocks(parent *html.Node, at odtPlace) error {
	return r.each(func(e xml.StartElement) error { return r.block(parent, e, at) })
}

func (r *odtReader) block(parent *html.Node, e xml.StartElement, at odtPlace) error {
	switch e.Name.Local {
	case "p", "h":
		style := odtAttr(e, "style-name")
		if r.isHidden(style) {
			return r.leaveOut()
		}
		at.font = cmp.Or(r.font(style), at.font)
		return r.paragraph(parent, e, at)
	case "list":
		return r.listOf(parent, e, at)
	case "table":
		return r.table(parent)
	case "frame", "g", "custom-shape", "text-box", "rect", "ellipse":
		return r.drawing(parent, e, at)
	case "section":
		if odtAttr(e, "display") == "none" || odtAttr(e, "is-hidden") == "true" {
			return r.leaveOut()
		}
		return r.blocks(parent, at)
	case "tracked-changes":
		return r.deletions()
	case "numbered-paragraph", "illustration-index", "bibliography", "alphabetical-index", "user-index", "object-index", "table-index", "index-body", "index-title":
		return r.blocks(parent, at)
	}
	return nil // changes, tables of contents, forms and declarations
}

// leaveOut counts a text that is hidden; what is not read of it is skipped.
func (r *odtReader) leaveOut() error {
	r.hidden++
	return nil
}

// paragraph reads a paragraph or a heading.
func (r *odtReader) paragraph(parent *html.Node, e xml.StartElement, at odtPlace) error {
	style := odtAttr(e, "style-name")
	level, kind := 0, ""
	if e.Name.Local == "h" {
		level = max(odtNumber(e, "outline-level", 1), 1)
	} else if kind = r.kind(style); kind == "Title" {
		level = 1
	} else {
		level = r.outline(style)
	}
	p := element(atom.P)
	switch {
	case level > 0:
		p = element([]atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(level, 6)-1])
	case kind == "Preformatted Text":
		p = element(atom.Pre)
		at.pre = true
	}
	outer := r.boxes
	r.boxes = nil
	err := r.inline(p, at)
	boxes := r.boxes
	r.boxes = outer
	if err != nil {
		return err
	}
	if at.level == 0 {
		markup.SetApart(p)
	}
	box := p
	if kind == "Quotations" {
		box = element(atom.Blockquote)
		box.AppendChild(p)
	}
	if err := r.append(parent, box); err != nil {
		return err
	}
	for _, box := range boxes {
		parent.AppendChild(box)
	}
	return nil
}

// inline reads the text of a paragraph.
func (r *odtReader) inline(parent *html.Node, at odtPlace) error {
	return r.tokensOf(func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok {
			return r.inlineElement(parent, e, at)
		}
		return r.text(parent, dingbat.Text(at.font, string(token.(xml.CharData))))
	})
}

func (r *odtReader) text(parent *html.Node, text string) error {
	return r.append(parent, &html.Node{Type: html.TextNode, Data: text})
}

func (r *odtReader) inlineElement(parent *html.Node, e xml.StartElement, at odtPlace) error {
	switch e.Name.Local {
	case "s":
		n := min(odtNumber(e, "c", 1), maxRepeat)
		return r.text(parent, strings.Repeat(" ", n))
	case "tab":
		if at.pre {
			return r.text(parent, "\t")
		}
		return r.text(parent, " ")
	case "line-break":
		if at.pre {
			return r.text(parent, "\n")
		}
		return r.append(parent, element(atom.Br))
	case "span":
		style := odtAttr(e, "style-name")
		if r.isHidden(style) {
			return r.leaveOut()
		}
		at.font = cmp.Or(r.font(style), at.font)
		for _, look := range r.looks(odtAttr(e, "style-name")) {
			inner := element(atom.Lookup([]byte(look)))
			if err := r.append(parent, inner); err != nil {
				return err
			}
			parent = inner
		}
	case "a":
		if href := odtAttr(e, "href"); markup.IsOutside(href) {
			link := element(atom.A, html.Attribute{Key: "href", Val: href})
			if err := r.append(parent, link); err != nil {
				return err
			}
			parent = link
		}
	case "note":
		return r.note(parent)
	case "ruby-text": // how the characters before it are read
		var sound strings.Builder
		if err := r.plain(&sound); err != nil || strings.TrimSpace(sound.String()) == "" {
			return err
		}
		return r.text(parent, markup.Reading(strings.TrimSpace(sound.String())))
	case "fieldmark":
		return r.fieldMark(parent, e, at)
	case "frame", "g", "custom-shape", "rect", "ellipse":
		return r.drawing(parent, e, at)
	case "annotation":
		return r.remark(func(comment *html.Node) { r.comments = append(r.comments, comment) })
	case "annotation-end", "hidden-text", "hidden-paragraph", "tracked-changes", "change", "script", "event-listeners", "p", "h", "list", "table":
		return nil
	}
	return r.inline(parent, at) // fields and marks have their text in them
}

// note puts a reference here and the note at the end of the page.
func (r *odtReader) note(parent *html.Node) error {
	r.notes++
	id := "note" + strconv.Itoa(r.notes)
	link := element(atom.A, html.Attribute{Key: "role", Val: "doc-noteref"}, html.Attribute{Key: "href", Val: "#" + id})
	if err := r.append(parent, link); err != nil {
		return err
	}
	body := element(atom.Aside, html.Attribute{Key: "id", Val: id})
	r.page.AppendChild(body)
	return r.each(func(e xml.StartElement) error {
		if e.Name.Local == "note-body" {
			return r.blocks(body, odtPlace{})
		}
		return nil
	})
}

// drawing reads what a frame holds: a text box or a chart, which follow the paragraph; a
// formula; of a picture its description.
func (r *odtReader) drawing(parent *html.Node, e xml.StartElement, at odtPlace) error {
	box := element(atom.Div)
	var object embedded
	var title, description strings.Builder
	isBox, isObject, isPicture, isPlayed := e.Name.Local == "text-box", false, false, false
	err := r.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "text-box":
			isBox = true
			return r.blocks(box, odtPlace{})
		case "p", "h", "list", "table":
			isBox = true
			return r.block(box, e, odtPlace{})
		case "frame", "g", "custom-shape", "rect", "ellipse":
			return r.drawing(parent, e, at)
		case "object", "object-ole":
			isObject = true
			return r.object(e, &object)
		case "plugin":
			isPlayed = true
		case "image":
			isPicture = true
		case "title":
			return r.plain(&title)
		case "desc":
			return r.plain(&description)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case isBox && markup.HasText(box):
		r.follow(parent, box)
		return nil
	case object.formula != "":
		return r.append(parent, markup.Finished(object.formula))
	}
	switch {
	case object.chart != nil:
		r.follow(parent, object.chart)
	case isObject:
		r.left.Add("embedded objects", 1)
	case isPlayed:
		r.left.Add("recordings", 1)
	}
	if text := cmp.Or(description.String(), title.String()); text != "" {
		return r.text(parent, text)
	}
	if isPicture && !isObject && !isPlayed {
		r.left.Add("pictures without a description", 1)
	}
	return nil
}

// follow has a box follow the paragraph that it is in, or stand where it is in none.
func (r *odtReader) follow(parent, box *html.Node) {
	if parent == r.page {
		parent.AppendChild(box)
		return
	}
	r.boxes = append(r.boxes, box)
}

// plain adds the text of an element.
func (r *odtReader) plain(text *strings.Builder) error {
	return r.tokensOf(func(token xml.Token) error {
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
		}
		return nil
	})
}

// joinCode makes one piece of code of lines that follow each other.
func joinCode(page *html.Node) {
	var lines []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Pre {
			lines = append(lines, n)
		}
	}
	for i := len(lines) - 1; i > 0; i-- {
		line, before := lines[i], lines[i-1]
		if line.PrevSibling != before {
			continue
		}
		before.AppendChild(&html.Node{Type: html.TextNode, Data: "\n"})
		for line.FirstChild != nil {
			child := line.FirstChild
			line.RemoveChild(child)
			before.AppendChild(child)
		}
		line.Parent.RemoveChild(line)
	}
}
