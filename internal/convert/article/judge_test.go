package article

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	node, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func TestHoldsText(t *testing.T) {
	t.Parallel()
	text := func(bytes int) string { return strings.Repeat("some words ", bytes/11) }
	article := parse(t, "<p>"+text(1000))
	for around, want := range map[string]bool{
		"":                                true,
		"<p>" + text(200):                 true,
		"<div><p>" + text(900) + "</div>": false,
		"<div><a href=/>" + text(9000):    true,
		"<nav>" + text(9000):              true,
		"<script>" + text(9000):           true,
		`<div class="post-comments">` + text(9000):   true,
		`<div id="sidebar">` + text(9000):            true,
		`<div class="commentary">` + text(9000):      false,
		`<section><h2>More</h2><p>` + text(9000):     false,
		`<main class="has-sidebar"><p>` + text(9000): false,
		`<div role="complementary"><p>` + text(9000): true,
	} {
		if got := holdsText(article, parse(t, "<body><p>"+text(1000)+"</p>"+around), nil); got != want {
			t.Errorf("with %.40s: %t", around, got)
		}
	}
	short := parse(t, "<p>"+text(100))
	if holdsText(short, short, nil) {
		t.Error("a line is no article")
	}
}

// A page of which readability would keep one part keeps all of them.
func TestPartsOfAPageAreNoArticle(t *testing.T) {
	t.Parallel()
	part := func(word string, sentences int) string {
		return "<td><h2>" + word + "</h2>" + strings.Repeat("<p>This is a sentence about "+word+", with a comma, and long enough to be scored.</p>", sentences) + "</td>"
	}
	page := parse(t, "<body><table><tr>"+part("cats", 12)+part("dogs", 6)+"</tr><tr>"+part("birds", 6)+part("fish", 6)+"</tr></table>")
	if _, article := Find(page, nil); article != nil {
		for _, word := range []string{"cats", "dogs", "birds", "fish"} {
			if !strings.Contains(textOf(article), word) {
				t.Errorf("an article without %s: %.300s", word, textOf(article))
			}
		}
	}
	for n := range page.Descendants() {
		if attr(n, mark) != "" {
			t.Errorf("%s is still marked", n.Data)
		}
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
