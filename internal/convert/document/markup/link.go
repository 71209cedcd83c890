package markup

import "golang.org/x/net/html"

// DropInnerLinks leaves the text of links that lead to other places of the same
// document, and pictures' descriptions: the places are not in the Markdown. It returns how
// many of the pictures have none and are not said to be mere decoration.
func DropInnerLinks(page *html.Node) (undescribed int) {
	for n := range page.Descendants() {
		switch n.Data {
		case "a":
			if !IsOutside(Attr(n, "href")) {
				n.Attr = nil
			}
		case "img", "image":
			if n.Type == html.ElementNode && !IsOutside(Attr(n, "src")) {
				if !has(n, "alt") {
					undescribed++
				}
				*n = html.Node{Type: html.TextNode, Data: Attr(n, "alt"), Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling}
			}
		}
	}
	return undescribed
}

// IsOutside tells whether a link leads to the world outside.
func IsOutside(address string) bool {
	for _, scheme := range []string{"http:", "https:", "mailto:", "ftp:", "tel:"} {
		if isScheme(address, scheme) {
			return true
		}
	}
	return false
}
