package article

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// An article holds at least this many bytes of prose, ...
	minArticle = 250
	// ... and at least this part of the page's prose.
	minShare = 0.8
)

// notProse are elements whose text nobody reads as the page's own.
var notProse = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Head: true, atom.Iframe: true,
	atom.Svg: true, atom.Button: true, atom.Select: true, atom.Textarea: true, atom.Form: true, atom.Dialog: true,
	atom.Nav: true, atom.Aside: true, atom.Footer: true, atom.A: true,
}

// beside matches classes and ids of what surrounds articles.
var beside = regexp.MustCompile(`(?i)(?:^|[-_ ])(?:comments?|respond|disqus|sidebar|related|recommend(?:ed|ations)?|promo|sponsor(?:ed)?|` +
	`advert(?:s|isement|ising)?|ads?|banner|cookies?|consent|newsletter|subscribe|share|sharing|social|footer|menu|nav|navigation|` +
	`breadcrumbs?|popup|modal|widget|trending|paywall)(?:$|[-_ ])`)

// intruders are classes and ids of what is put between the text of a page without being
// a part of it.
var intruders = map[string]bool{
	"ad": true, "ads": true, "advert": true, "adverts": true, "advertisement": true, "advertising": true, "adsbygoogle": true,
	"cookie-banner": true, "cookie-consent": true, "cookie-notice": true, "cookiebanner": true, "gdpr": true,
}

// DropIntruders takes advertisements and questions about cookies out of a page.
func DropIntruders(page *html.Node) {
	for _, n := range findIntruders(page) {
		n.Parent.RemoveChild(n)
	}
}

func findIntruders(page *html.Node) []*html.Node {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Html || n.DataAtom == atom.Body {
			continue // named for what they hold
		}
		for _, name := range strings.Fields(strings.ToLower(attr(n, "class") + " " + attr(n, "id"))) {
			if intruders[name] {
				found = append(found, n)
				break
			}
		}
	}
	return found
}

// holdsText tells whether an article has the text of its page, by the length of its
// prose against that of the whole page. Links count for neither, nor does what is
// marked as beside the text: a page of teasers or a manual in many parts loses most of
// itself when one part is taken for an article, and then the whole body is better.
func holdsText(article, page *html.Node, dropped map[*html.Node]bool) bool {
	found := prose(article, func(n *html.Node) bool { return dropped[n] })
	return found >= minArticle && float64(found) >= minShare*float64(prose(page, isBeside))
}

// prose is how many bytes of text below n are no link, without what skip names.
func prose(n *html.Node, skip func(*html.Node) bool) int {
	length := 0
	for c := range n.ChildNodes() {
		switch {
		case c.Type == html.TextNode:
			length += textLength(c)
		case c.Type != html.ElementNode, notProse[c.DataAtom], skip(c):
		default:
			length += prose(c, skip)
		}
	}
	return length
}

// textLength is how many bytes of text are in a node, spaces counted once.
func textLength(text *html.Node) int { return len(strings.Join(strings.Fields(text.Data), " ")) }

func isBeside(n *html.Node) bool {
	if n.DataAtom == atom.Html || n.DataAtom == atom.Body || n.DataAtom == atom.Main || n.DataAtom == atom.Article {
		return false
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "class", "id":
			if beside.MatchString(a.Val) {
				return true
			}
		case "hidden":
			return true
		case "role":
			if a.Val == "navigation" || a.Val == "complementary" || a.Val == "contentinfo" || a.Val == "dialog" {
				return true
			}
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}
