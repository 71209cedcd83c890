package markup

import (
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"golang.org/x/net/html"
)

// joinTexts is a plugin that takes out what is never written and makes one text of those
// that stand beside each other then. The library does so, too, at a cost of the square of
// their number.
type joinTexts struct{}

// Name implements [converter.Plugin].
func (joinTexts) Name() string { return "join-texts" }

// Init implements [converter.Plugin].
func (joinTexts) Init(conv *converter.Converter) error {
	conv.Register.PreRenderer(join, converter.PriorityEarly-1)
	return nil
}

func join(ctx converter.Context, page *html.Node) {
	removed := func(n *html.Node) bool {
		name := n.Data
		switch n.Type {
		case html.CommentNode:
			name = "#comment"
		case html.ElementNode:
		default:
			return false
		}
		kind, _ := ctx.GetTagType(name)
		return kind == converter.TagTypeRemove
	}
	joinBelow(page, removed)
}

func joinBelow(n *html.Node, removed func(*html.Node) bool) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type != html.TextNode {
			continue
		}
		var text strings.Builder
		text.WriteString(child.Data)
		for next := child.NextSibling; next != nil && (next.Type == html.TextNode || removed(next)); next = child.NextSibling {
			if next.Type == html.TextNode {
				text.WriteString(next.Data)
			}
			n.RemoveChild(next)
		}
		child.Data = text.String()
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if !removed(child) {
			joinBelow(child, removed)
		}
	}
}
