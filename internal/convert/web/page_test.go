package web

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/outbound"
)

// convertText converts a page that was fetched already.
func convertText(t testing.TB, page string) (*content.Document, error) {
	t.Helper()
	guard, err := outbound.NewGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Config{}, guard, convert.NewRegistry(document.New(document.Config{})))
	dir := t.TempDir()
	got := &fetched{path: filepath.Join(dir, "answer"), url: mustURL(t, "http://example.org/a/b"), header: http.Header{}, mime: "text/html"}
	if err := os.WriteFile(got.path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	return c.convertPage(t.Context(), got, dir, convert.Options{}, func(float64, string) {})
}

// Pages made to keep their readers busy: one that takes time by the square of its size
// would be seen by the limit that every test has.
func TestPageBombs(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"paragraphs": strings.Repeat("<p>a sentence, with a comma, that counts as text ", 7_000),
		"divs":       strings.Repeat("<div><div>a sentence, with a comma, that counts as text</div></div>", 3_500),
		"spans":      strings.Repeat("<span>a, </span>", 7_000),
		"breaks":     "<div>" + strings.Repeat("text, <br><br>", 1_000),
		"headings":   strings.Repeat("<h2>a heading of some words</h2>", 7_000),
		"links":      strings.Repeat("<a href=x>a link, of some words</a><p>", 3_500),
		"deep":       strings.Repeat("<div>", 450) + strings.Repeat("<p>a sentence, with a comma, that counts as text</p>", 2_000),
		"lists":      strings.Repeat("<ul><li>one, two, three and four words", 150) + strings.Repeat("<li>one, two", 1_000),
		"tables":     strings.Repeat("<table><tr><td>one, two, three and four words</table>", 2_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := convertText(t, "<body>"+page); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzPage(f *testing.F) {
	f.Add("<title>T</title><base href=//x/><h1>T</h1><p>" + strings.Repeat("some words, and more ", 50) + `<a href="%zz">x</a>`)
	f.Add(`<script type="application/ld+json">{"@context":"https://schema.org","@type":"Article","author":[{"name":1}],"datePublished":"x"}</script><meta property="article:published_time" content="99999-01-01">`)
	f.Add("<table><tr><td><template><noscript><img src=x>")
	f.Fuzz(func(t *testing.T, page string) {
		text, err := decode([]byte(page), "")
		if err != nil {
			return
		}
		doc, err := convertText(t, text)
		if err != nil {
			return
		}
		if u, _ := doc.Metadata["canonical_url"].(string); u != "" {
			if _, err := url.Parse(u); err != nil {
				t.Error(err)
			}
		}
	})
}
