package markup

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// writeLists writes the numbers of lists that Markdown would count in another way: letters and
// Roman numbers become the first word of an item, and where the count jumps another list begins.
func writeLists(page *html.Node) {
	nestLists(page)
	var lists []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Ol && n.Parent != nil {
			lists = append(lists, n)
		}
	}
	for _, list := range lists {
		writeList(list)
	}
}

// nestLists puts lists whose item has nothing else into the item before: some programs write the
// depth of an item so.
func nestLists(page *html.Node) {
	var items []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Li {
			items = append(items, n)
		}
	}
	for _, item := range items {
		inner := nextElement(item.FirstChild)
		if item.Parent == nil || !isList(inner) || leadingText(item, inner) {
			continue
		}
		list := item.Parent
		before := previousElement(item.PrevSibling)
		if before == nil && isList(list) {
			if other := previousElement(list.PrevSibling); isList(other) {
				before = previousElement(other.LastChild)
			}
		}
		if before == nil || before.DataAtom != atom.Li {
			continue
		}
		for item.FirstChild != nil {
			child := item.FirstChild
			item.RemoveChild(child)
			if last := previousElement(before.LastChild); isList(child) && isList(last) && last.DataAtom == child.DataAtom && !has(child, "start") {
				moveItems(last, child)
				continue
			}
			before.AppendChild(child)
		}
		if list.RemoveChild(item); nextElement(list.FirstChild) == nil && list.Parent != nil {
			list.Parent.RemoveChild(list)
		}
	}
}

func isList(n *html.Node) bool { return n != nil && (n.DataAtom == atom.Ul || n.DataAtom == atom.Ol) }

func moveItems(to, from *html.Node) {
	for from.FirstChild != nil {
		item := from.FirstChild
		from.RemoveChild(item)
		to.AppendChild(item)
	}
}

func nextElement(n *html.Node) *html.Node {
	for n != nil && n.Type != html.ElementNode {
		n = n.NextSibling
	}
	return n
}

func previousElement(n *html.Node) *html.Node {
	for n != nil && n.Type != html.ElementNode {
		n = n.PrevSibling
	}
	return n
}

// leadingText tells whether an item has a text before the list in it.
func leadingText(item, list *html.Node) bool {
	for n := item.FirstChild; n != nil && n != list; n = n.NextSibling {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			return true
		}
	}
	return false
}

func writeList(list *html.Node) {
	var items []*html.Node
	for n := range list.ChildNodes() {
		if n.DataAtom == atom.Li {
			items = append(items, n)
		}
	}
	step, number := 1, firstNumber(list)
	if has(list, "reversed") {
		step = -1
		if !has(list, "start") {
			number = len(items)
		}
	}
	kind := Attr(list, "type")
	isLettered := kind != "" && strings.Contains("aAiI", kind) && len(kind) == 1
	next := number
	for i, item := range items {
		if value, err := strconv.Atoi(Attr(item, "value")); err == nil {
			number = value
		}
		switch {
		case isLettered:
			number = max(number, 1)
			label(item, counted(number, kind[0])+". ")
		case i > 0 && number != next:
			list = splitBefore(item, number)
		case i == 0 && number != firstNumber(list):
			setAttr(list, "start", strconv.Itoa(number))
		}
		next, number = number+1, number+step
	}
	if isLettered {
		list.Data, list.DataAtom = atom.Ul.String(), atom.Ul
	}
}

// splitBefore begins another list with an item.
func splitBefore(item *html.Node, number int) *html.Node {
	list := item.Parent
	rest := &html.Node{Type: html.ElementNode, Data: list.Data, DataAtom: list.DataAtom,
		Attr: []html.Attribute{{Key: "start", Val: strconv.Itoa(number)}}}
	list.Parent.InsertBefore(rest, list.NextSibling)
	for item != nil {
		after := item.NextSibling
		list.RemoveChild(item)
		rest.AppendChild(item)
		item = after
	}
	return rest
}

// label puts a text before the first one of an item.
func label(item *html.Node, text string) {
	at := item
	for first := at.FirstChild; first != nil && first.Type == html.ElementNode && first.DataAtom == atom.P; first = at.FirstChild {
		at = first
	}
	at.InsertBefore(&html.Node{Type: html.TextNode, Data: text}, at.FirstChild)
}

func setAttr(n *html.Node, key, value string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

// counted writes a number from 1 in letters or as a Roman one: "a", "A", "i", "I". Numbers
// that have no such form stay as they are.
func counted(n int, kind byte) string {
	text := ""
	switch kind {
	case 'a', 'A':
		for ; n > 0; n = (n - 1) / 26 {
			text = string(rune('a'+(n-1)%26)) + text
		}
	default:
		if n >= 4000 {
			return strconv.Itoa(n)
		}
		values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
		signs := []string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"}
		for i, value := range values {
			for ; n >= value; n -= value {
				text += signs[i]
			}
		}
	}
	if kind < 'a' {
		return strings.ToUpper(text)
	}
	return text
}
