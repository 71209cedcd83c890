package dashboard

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// pages are what a person may open, and what is on each when it is there.
var pages = []struct{ name, path, shows string }{
	{"overview", "/ui", "#overview"},
}

// TestPages looks at every page in both themes and at three widths: none complains, none
// fails to load anything, none is wider than its window, and axe finds nothing.
func TestPages(t *testing.T) {
	s := serve(t)
	s.work("gpu-1")
	fill(t, s)
	b := open(t)

	b.as(1440, "light")
	b.do(chromedp.Navigate(s.url + "/ui"))
	b.until("the login page", "document.querySelector('#key')")
	look(b, "login")
	b.do(chromedp.SendKeys(chromedp.CSS("#key"), s.operator), chromedp.Click(chromedp.CSS(".login button")))
	b.until("the overview after the login", "document.querySelector('#overview')")
	b.until("the charts", "document.querySelector('#overview .ended svg')")

	for _, p := range pages {
		b.do(chromedp.Navigate(s.url + p.path))
		b.until(p.path, fmt.Sprintf("document.querySelector(%q)", p.shows))
		look(b, p.name)
	}
}

// look judges the page that is open, and takes its pictures.
func look(b *browser, name string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{360, 768, 1440} {
			where := fmt.Sprintf("%s-%s-%d", name, scheme, width)
			b.as(width, scheme)
			b.fits(where)
			b.accessible(where)
			b.picture(where)
		}
	}
	b.well(name)
}

// fill hands in what makes pages full.
func fill(t *testing.T, s *site) {
	t.Helper()
	for name, text := range map[string]string{
		"harbour.md": "# The harbour\n\nBoats come in at dawn.\n", "broken.pdf": "%PDF-1.4 which is none",
		"minutes of the meeting of the board on the 4th of March.txt": "We met and agreed.\n",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s.morag("ingest", "--server", s.url, "--api-key", s.operator, filepath.Join(s.dir, name))
	}
}
