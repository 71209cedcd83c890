package web

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// completeLinks makes the addresses in a page absolute, as a browser would: against
// the first <base>, which itself is relative to where the page was found. It returns
// what they are relative to.
func completeLinks(page *html.Node, found *url.URL) *url.URL {
	base := found
	for n := range page.Descendants() {
		if n.DataAtom != atom.Base || attr(n, "href") == "" {
			continue
		}
		if u, err := found.Parse(strings.TrimSpace(attr(n, "href"))); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			base = u
		}
		break
	}
	for n := range page.Descendants() {
		if n.DataAtom == atom.Img {
			wakePicture(n)
		}
		for i := range n.Attr {
			if a := &n.Attr[i]; a.Namespace == "" && isAddress(n.DataAtom, a.Key) {
				a.Val = complete(base, a.Val)
			}
		}
	}
	return base
}

// wakePicture gives a picture the address that a script would give it when it comes
// into view.
func wakePicture(n *html.Node) {
	if src := attr(n, "src"); src != "" && !strings.HasPrefix(src, "data:") {
		return
	}
	for _, key := range []string{"data-src", "data-original", "data-lazy-src"} {
		if src := attr(n, key); src != "" {
			n.Attr = []html.Attribute{{Key: "src", Val: src}, {Key: "alt", Val: attr(n, "alt")}}
			return
		}
	}
}

func isAddress(element atom.Atom, key string) bool {
	switch element {
	case atom.A, atom.Area:
		return key == "href"
	case atom.Img, atom.Video, atom.Audio, atom.Source, atom.Iframe:
		return key == "src"
	}
	return false
}

// complete leaves alone what is no web address, such as mailto:, and fragments, which
// lead within the page.
func complete(base *url.URL, address string) string {
	address = strings.TrimSpace(address)
	if address == "" || strings.HasPrefix(address, "#") {
		return address
	}
	u, err := base.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return address
	}
	return u.String()
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}
