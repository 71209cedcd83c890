package document

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

var noteMarks = strings.NewReplacer(noteOpen, "[^", noteClose, "]")

// withNotes makes Markdown of a document that is one page, its notes at the end.
func withNotes(ctx context.Context, page *html.Node) (string, error) {
	notes := takeNotes([]string{""}, []*html.Node{page})
	dropInnerLinks(page)
	writeFormulas(page)
	flattenCells(page, true)
	text, err := toMarkdown(ctx, page, "")
	if err != nil {
		return "", err
	}
	more, err := notes.markdown(ctx)
	return strings.TrimSpace(noteMarks.Replace(text) + "\n\n" + more), err
}

// noteBook takes the footnotes out of pages that refer to each other and numbers them in
// the order in which the text mentions them.
type noteBook struct {
	targets map[string]*html.Node // by "page#id"
	numbers map[*html.Node]int
	found   map[string]*html.Node // what a link means, nil for nothing
	notes   []*html.Node
}

// takeNotes replaces the references on the pages, which are named by their addresses.
func takeNotes(names []string, pages []*html.Node) *noteBook {
	b := &noteBook{targets: map[string]*html.Node{}, numbers: map[*html.Node]int{}, found: map[string]*html.Node{}}
	for i, page := range pages {
		for n := range page.Descendants() {
			if id := attr(n, "id"); id != "" {
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
	return n.DataAtom == atom.A && (attr(n, "role") == "doc-noteref" ||
		hasWord(attr(n, "epub:type"), "noteref") || hasWord(attr(n, "class"), "footnote-ref"))
}

func hasWord(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// refer puts the number of a note in the place of the link to it.
func (b *noteBook) refer(link *html.Node, page string) {
	if link.Parent == nil {
		return
	}
	address := resolveLink(page, attr(link, "href"))
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
	for n != nil && (n.DataAtom == atom.A || !hasText(n)) {
		n = n.Parent
	}
	if n == nil || n.DataAtom == atom.Body || n.DataAtom == atom.Html || n.Type != html.ElementNode {
		return nil
	}
	return n
}

func hasText(n *html.Node) bool {
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
		return n.DataAtom == atom.A && (attr(n, "role") == "doc-backlink" || hasWord(attr(n, "epub:type"), "backlink") ||
			hasWord(attr(n, "class"), "footnote-back") || isArrow(n))
	})
}

// isArrow tells whether a link on a note has no words to it.
func isArrow(n *html.Node) bool {
	text := strings.Trim(nodeText(n), "0123456789.[]()*†‡ \u00a0\n↑↩↵⤴^\uFE0E\uFE0F")
	return text == "" && strings.Contains(attr(n, "href"), "#")
}

func nodeText(n *html.Node) string {
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
	for n != nil && n.Parent != nil && n.DataAtom != atom.Body && n.DataAtom != atom.Html && !hasText(n) {
		parent := n.Parent
		parent.RemoveChild(n)
		n = parent
	}
}

// markdown writes the notes as Markdown's footnotes, one after the other.
func (b *noteBook) markdown(ctx context.Context) (string, error) {
	var out strings.Builder
	for i, n := range b.notes {
		box := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
		for n.FirstChild != nil {
			child := n.FirstChild
			n.RemoveChild(child)
			box.AppendChild(child)
		}
		text, err := toMarkdown(ctx, box, "")
		if err != nil {
			return "", err
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		fmt.Fprintf(&out, "[^%d]: %s", i+1, strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n    "), "\n    \n", "\n\n"))
	}
	return noteMarks.Replace(out.String()), nil
}
