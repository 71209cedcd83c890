package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestCompleteLinks(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"a": "http://example.org/x/a", "/a": "http://example.org/a", "../a?b#c": "http://example.org/a?b#c", "//other/a": "http://other/a",
		"#part": "#part", "mailto:a@b": "mailto:a@b", "javascript:x()": "javascript:x()", " ?q ": "http://example.org/x/y?q", "": "", "http://[": "http://[",
	} {
		page, err := html.Parse(strings.NewReader(`<base target=_blank><base href="/x/y"><base href="/z/"><a href="` + link + `">`))
		if err != nil {
			t.Fatal(err)
		}
		completeLinks(page, mustURL(t, "http://example.org/dir/page"))
		for n := range page.Descendants() {
			if n.Data == "a" && attr(n, "href") != want {
				t.Errorf("%q became %q, want %q", link, attr(n, "href"), want)
			}
		}
	}
}
