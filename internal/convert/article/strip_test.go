package article

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestStrip(t *testing.T) {
	t.Parallel()
	const sentence = "This is a sentence about tea, with a comma, and it is long enough to be scored. "
	story := "<h1>Tea</h1>" + strings.Repeat("<p>"+strings.Repeat(sentence, 3)+"</p>", 6)
	for name, test := range map[string]struct {
		body       string
		parts      int
		kept, gone []string
	}{
		"a saved article": {
			`<div class="cookie-consent"><p>We use cookies KEKS.</p></div><div id="top"><h1>Site</h1></div><article>` + story + `<table><tr><th>Kind<th>Minutes<tr><td>green<td>2</table><ul><li><a href=/a>Reference</a></ul></article>` +
				`<aside><p>SIDE column with other news of the day.</p></aside><div class="comments"><p>COMMENT by a reader.</p></div><ul><li><a href=/a>LINK</a></ul>`,
			4, []string{"Site", "about tea", "green", "Reference"}, []string{"KEKS", "SIDE", "COMMENT", "LINK"},
		},
		"an article and nothing else": {story + `<table><tr><td>1</table><form><label>Name <input value=x></label></form>`, 0, []string{"Name"}, nil},
		"a note in an article":        {`<article>` + story + `<aside><p>NOTE well.</p></aside></article><aside><p>SIDE</p></aside>`, 1, []string{"NOTE"}, []string{"SIDE"}},
		"no article":                  {`<p>Short.</p><div class="cookie-banner">COOKIE</div><aside>SIDE</aside>`, 0, []string{"COOKIE", "SIDE"}, nil},
		"a form in an article":        {`<article>` + story + `<form><p>Your answer: <input value=yes></p></form></article><aside><p>SIDE</p></aside>`, 1, []string{"Your answer"}, []string{"SIDE"}},
		"what is hidden is another's": {`<article>` + story + `</article><div hidden class=sidebar>HIDDEN</div>`, 0, []string{"HIDDEN"}, nil},
	} {
		page := parse(t, "<html><body>"+test.body)
		if parts := Strip(page); parts != test.parts {
			t.Errorf("%s: %d parts, want %d", name, parts, test.parts)
		}
		text := textOf(page)
		if test.parts == 0 && rendered(t, page) != rendered(t, parse(t, "<html><body>"+test.body)) {
			t.Errorf("%s: the page has changed", name)
		}
		for _, want := range test.kept {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		for _, junk := range test.gone {
			if strings.Contains(text, junk) {
				t.Errorf("%s: %q is still there", name, junk)
			}
		}
	}
}

func rendered(t *testing.T, page *html.Node) string {
	t.Helper()
	var b strings.Builder
	if err := html.Render(&b, page); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func FuzzStrip(f *testing.F) {
	f.Add("<nav>a</nav><article><p>" + strings.Repeat("some words, and more. ", 40) + "</p></article><aside class=ads>b</aside>")
	f.Fuzz(func(t *testing.T, raw string) {
		page := parse(t, raw)
		before := len(textOf(page))
		if Strip(page); len(textOf(page)) > before {
			t.Errorf("%q has more text than before", raw)
		}
		for n := range page.Descendants() {
			if attr(n, mark) != "" && !strings.Contains(raw, mark) {
				t.Errorf("%s is still marked", n.Data)
			}
		}
	})
}
