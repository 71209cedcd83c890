package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// softHyphen is where a word may be cut at the end of a line; a search would not find a
// word that has one.
const softHyphen = "\u00ad"

// writeRuby puts the readings of characters behind the word that they are for, in brackets,
// so that the word is whole.
func writeRuby(page *html.Node) {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Ruby {
			found = append(found, n)
		}
	}
	for _, ruby := range found {
		var reading strings.Builder
		removeAll(ruby, func(n *html.Node) bool {
			if n.DataAtom == atom.Rt && n.Parent.DataAtom != atom.Rt {
				reading.WriteString(strings.TrimSpace(Text(n)))
			}
			return n.DataAtom == atom.Rt || n.DataAtom == atom.Rp || n.DataAtom == atom.Rtc
		})
		if sound := reading.String(); sound != "" && HasText(ruby) {
			ruby.AppendChild(&html.Node{Type: html.TextNode, Data: Reading(sound)})
		}
	}
}

// Reading is how a word is read, in brackets as they stand behind it.
func Reading(sound string) string {
	if strings.ContainsFunc(sound, func(r rune) bool { return r >= 0x3000 }) {
		return "（" + sound + "）"
	}
	return " (" + sound + ")"
}
