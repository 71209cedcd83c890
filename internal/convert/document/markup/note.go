package markup

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// noteOpen and noteClose stand around the number of a note until the Markdown is
// written; they are in Unicode's private use area.
const (
	noteOpen  = "\uE000"
	noteClose = "\uE001"
)

// NoteMarks writes the references to notes; what [Markdown] writes of a page that
// [TakeNotes] has seen goes through it.
var NoteMarks = strings.NewReplacer(noteOpen, "[^", noteClose, "]")

// WithNotes makes Markdown of a document that is one page, its notes at the end.
func WithNotes(ctx context.Context, page *html.Node) (string, error) {
	notes := TakeNotes([]string{""}, []*html.Node{page})
	DropInnerLinks(page)
	writeRuby(page)
	writeLists(page)
	WriteFormulas(page)
	FlattenCells(page, true)
	text, err := Markdown(ctx, page, "")
	if err != nil {
		return "", err
	}
	more, err := notes.Markdown(ctx)
	return strings.TrimSpace(NoteMarks.Replace(text) + "\n\n" + more), err
}

// Notes takes the footnotes out of pages that refer to each other and numbers them in
// the order in which the text mentions them.
type Notes struct {
	targets map[string]*html.Node // by "page#id"
	numbers map[*html.Node]int
	found   map[string]*html.Node // what a link means, nil for nothing
	notes   []*html.Node
}

// TakeNotes replaces the references on the pages, which are named by their addresses.
func TakeNotes(names []string, pages []*html.Node) *Notes {
	b := &Notes{targets: map[string]*html.Node{}, numbers: map[*html.Node]int{}, found: map[string]*html.Node{}}
	for i, page := range pages {
		for n := range page.Descendants() {
			if id := Attr(n, "id"); id != "" {
				b.targets[names[i]+"#"+id] = n
			}
		}
	}
	for i, page := range pages {
		var references []*html.Node
		for n := range page.Descendants() {
			if isReference(n) {
				references = append(references, n)
			}
		}
		for _, n := range references {
			b.refer(n, names[i])
		}
	}
	for _, n := range b.notes {
		dropBackLinks(n)
		if n.Parent != nil {
			emptied := n.Parent
			emptied.RemoveChild(n)
			dropEmptied(emptied)
		}
	}
	return b
}

// isReference knows the marks of EPUB 3, of WAI-ARIA and of pandoc.
func isReference(n *html.Node) bool {
	return n.DataAtom == atom.A && (Attr(n, "role") == "doc-noteref" ||
		HasWord(Attr(n, "epub:type"), "noteref") || HasWord(Attr(n, "class"), "footnote-ref"))
}

// HasWord tells whether a list of words that are parted by blanks has a word.
func HasWord(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// refer puts the number of a note in the place of the link to it.
func (b *Notes) refer(link *html.Node, page string) {
	if link.Parent == nil {
		return
	}
	address := resolveLink(page, Attr(link, "href"))
	target, known := b.found[address]
	if !known {
		target = noteAt(b.targets[address])
		b.found[address] = target
	}
	if target == nil {
		return
	}
	for p := link.Parent; p != nil; p = p.Parent {
		if p == target { // the "note" is what the reference stands in
			return
		}
	}
	number, numbered := b.numbers[target]
	if !numbered {
		b.notes = append(b.notes, target)
		number = len(b.notes)
		b.numbers[target] = number
	}
	old := link
	if p := link.Parent; p.DataAtom == atom.Sup && p.FirstChild == link && p.LastChild == link && p.Parent != nil {
		old = p
	}
	mark := &html.Node{Type: html.TextNode, Data: noteOpen + strconv.Itoa(number) + noteClose}
	old.Parent.InsertBefore(mark, old)
	old.Parent.RemoveChild(old)
}

// noteAt is the element that a link to n means: not a mere anchor in it. It is nil for
// what is no note.
func noteAt(n *html.Node) *html.Node {
	for n != nil && (n.DataAtom == atom.A || !HasText(n)) {
		n = n.Parent
	}
	if n == nil || n.DataAtom == atom.Body || n.DataAtom == atom.Html || n.Type != html.ElementNode {
		return nil
	}
	return n
}

// HasText tells whether anything is to be read in a node.
func HasText(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" {
			return true
		}
	}
	return false
}

// resolveLink names what a link on a page leads to.
func resolveLink(page, href string) string {
	file, id, _ := strings.Cut(href, "#")
	if file == "" {
		return page + "#" + id
	}
	return path.Join(path.Dir(page), file) + "#" + id
}

// dropBackLinks removes the arrows and numbers that lead back to the text.
func dropBackLinks(note *html.Node) {
	removeAll(note, func(n *html.Node) bool {
		return n.DataAtom == atom.A && (Attr(n, "role") == "doc-backlink" || HasWord(Attr(n, "epub:type"), "backlink") ||
			HasWord(Attr(n, "class"), "footnote-back") || isArrow(n))
	})
}

// isArrow tells whether a link on a note has no words to it.
func isArrow(n *html.Node) bool {
	text := strings.Trim(Text(n), "0123456789.[]()*†‡ \u00a0\n↑↩↵⤴^\uFE0E\uFE0F")
	return text == "" && strings.Contains(Attr(n, "href"), "#")
}

// Text is the text in a node as it stands there.
func Text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// dropEmptied removes what held nothing but notes.
func dropEmptied(n *html.Node) {
	for n != nil && n.Parent != nil && n.DataAtom != atom.Body && n.DataAtom != atom.Html && !HasText(n) {
		parent := n.Parent
		parent.RemoveChild(n)
		n = parent
	}
}

// Markdown writes the notes as Markdown's footnotes, one after the other.
func (b *Notes) Markdown(ctx context.Context) (string, error) {
	var out strings.Builder
	for i, n := range b.notes {
		box := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
		for n.FirstChild != nil {
			child := n.FirstChild
			n.RemoveChild(child)
			box.AppendChild(child)
		}
		text, err := Markdown(ctx, box, "")
		if err != nil {
			return "", err
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		fmt.Fprintf(&out, "[^%d]: %s", i+1, strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n    "), "\n    \n", "\n\n"))
	}
	return NoteMarks.Replace(out.String()), nil
}
