package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The signs of boxes in forms, where no list of tasks begins with them.
const (
	ticked   = "☑"
	unticked = "☐"
)

// writeForms makes text of what the fields of forms show: what is typed into them, chosen or
// ticked. What is secret, hidden or a button shows nothing.
func writeForms(page *html.Node) {
	var fields []*html.Node
	for n := range page.Descendants() {
		switch n.DataAtom {
		case atom.Input, atom.Select, atom.Textarea:
			fields = append(fields, n)
		}
	}
	for _, n := range fields {
		if text := fieldText(n); text != "" {
			replaceByText(n, text)
		}
	}
}

func fieldText(n *html.Node) string {
	switch n.DataAtom {
	case atom.Select:
		return chosen(n)
	case atom.Textarea:
		return strings.TrimSpace(Text(n))
	}
	switch strings.ToLower(Attr(n, "type")) {
	case "checkbox", "radio":
		sign := unticked
		if has(n, "checked") {
			sign = ticked
		}
		return sign + " "
	case "", "text", "email", "tel", "url", "number", "date", "time", "month", "week", "datetime-local", "search":
		return strings.TrimSpace(Attr(n, "value"))
	}
	return ""
}

// chosen is what a list to choose from shows: what was chosen, or the first entry.
func chosen(list *html.Node) string {
	var all, selected []string
	for n := range list.Descendants() {
		if n.DataAtom != atom.Option {
			continue
		}
		text := strings.Join(strings.Fields(Text(n)), " ")
		all = append(all, text)
		if has(n, "selected") {
			selected = append(selected, text)
		}
	}
	if len(selected) == 0 && len(all) > 0 && !has(list, "multiple") {
		selected = all[:1]
	}
	return strings.Join(selected, ", ")
}

// showButtons keeps the buttons that are text: those which open and close what is below them,
// and shows that.
func showButtons(page *html.Node) {
	ids := map[string]*html.Node{}
	var buttons []*html.Node
	for n := range page.Descendants() {
		if id := Attr(n, "id"); id != "" {
			ids[id] = n
		}
		if n.DataAtom == atom.Button {
			buttons = append(buttons, n)
		}
	}
	for _, n := range buttons {
		below := ids[Attr(n, "aria-controls")]
		isOpener := opensText(below)
		if isOpener {
			below.Attr = nil
		}
		if isLabel(n) || isOpener {
			n.Data, n.DataAtom = atom.Div.String(), atom.Div
			if isHeading(n.Parent) {
				n.Data, n.DataAtom = atom.Span.String(), atom.Span
			}
		}
	}
}

// isLabel tells whether a button stands in what heads a text.
func isLabel(button *html.Node) bool {
	for p := button.Parent; p != nil; p = p.Parent {
		switch p.DataAtom {
		case atom.Summary, atom.Dt, atom.Legend, atom.Caption:
			return true
		}
		if isHeading(p) {
			return true
		}
	}
	return false
}

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// opensText tells whether what a button opens is text rather than a menu.
func opensText(n *html.Node) bool {
	if n == nil || n.DataAtom == atom.Nav || Attr(n, "role") == "menu" || Attr(n, "role") == "dialog" {
		return false
	}
	return HasText(n) && 2*linkLength(n) < textLength(n)
}

// linkLength is how much of the text of an element is links.
func linkLength(n *html.Node) int {
	length := 0
	for d := range n.Descendants() {
		if d.DataAtom == atom.A && Attr(d, "href") != "" {
			length += textLength(d)
		}
	}
	return length
}
