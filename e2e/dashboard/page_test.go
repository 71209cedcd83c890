package dashboard

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// pages are what a person may open, and what is on each when it is there.
var pages = []struct{ name, path, shows string }{
	{"overview", "/ui", "#overview"},
	{"upload", "/ui/upload", "form[data-upload]"},
	{"search-none", "/ui/search", ".empty"},
	{"search-text", "/ui/search?q=boats+at+dawn", ".hits mark"},
	{"document-pdf", "/ui/library/bicycle?page=2#page-2", ".page-text"},
	{"library-none", "/ui/library?id_prefix=zz", ".empty"},
	{"jobs", "/ui/jobs", "#list tbody tr"},
	{"jobs-none", "/ui/jobs?status=timeout", ".empty"},
	{"job", "/ui/jobs/{job}", "#job"},
	{"job-waiting", "/ui/jobs/{waiting}", "#job"},
	{"ingestions", "/ui/ingestions", "#list tbody tr"},
	{"ingestion", "/ui/ingestions/{task}", ".chunks"},
	{"ingestion-failed", "/ui/ingestions/{failed}", ".told.bad"},
	{"workers", "/ui/workers", "#list tbody tr"},
	{"keys", "/ui/keys", "table"},
	{"settings", "/ui/settings", ".rows"},
	{"jobs-confirm", "/ui/jobs/confirm?action=cancel&all=1&status=pending", ".confirm"},
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
	b.logIn(s)
	b.until("the overview after the login", "document.querySelector('#overview')")
	b.until("the charts", "document.querySelector('#overview .ended svg')")

	for _, p := range pages {
		b.do(chromedp.Navigate(s.url + s.named(p.path)))
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
			if scheme == "light" {
				b.accessible(where)
			} else { // colours change nothing that the other rules look at
				b.accessible(where, "color-contrast", "link-in-text-block")
			}
			b.picture(where)
		}
	}
	b.well(name)
}

// fill hands in what makes pages full: documents, one that cannot be read, recordings for the
// worker and jobs that nobody takes.
func fill(t *testing.T, s *site) {
	t.Helper()
	for name, content := range map[string][]byte{
		"harbour.md": []byte("# The harbour\n\nBoats come in at dawn.\n"), "broken.pdf": []byte("%PDF-1.4 which is none"),
		"minutes of the meeting of the board on the 4th of March.txt": []byte("We met and agreed.\n"),
		"interview.wav": tone(3), "lecture.wav": tone(2), "plan.dwg": []byte("a plan"),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(name) {
		case ".wav":
			s.morag("ingest", "--server", s.url, "--api-key", s.operator, "--remote", "--wait", filepath.Join(s.dir, name))
		case ".dwg":
			for n := range 3 {
				s.job("drawing", filepath.Join(s.dir, name), fmt.Sprintf("plan-%d", n))
			}
		default:
			s.morag("ingest", "--server", s.url, "--api-key", s.operator, filepath.Join(s.dir, name))
		}
	}
	paper, err := filepath.Abs("../../internal/demo/asset/bicycle.pdf")
	if err != nil {
		t.Fatal(err)
	}
	s.morag("ingest", "--server", s.url, "--api-key", s.operator, "--wait", "--document-id", "bicycle", paper)
}

// tone is a recording of a tone, which takes no long to be heard.
func tone(seconds int) []byte {
	const rate = 16000
	size := uint32(seconds * rate * 2)
	out := append([]byte("RIFF"), binary4(36+size)...)
	out = append(out, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	out = append(append(out, binary4(rate)...), binary4(rate*2)...)
	out = append(append(out, "\x02\x00\x10\x00data"...), binary4(size)...)
	for i := range seconds * rate {
		at := int16(6000 * math.Sin(float64(i)*2*math.Pi*300/rate))
		out = append(out, byte(at), byte(at>>8))
	}
	return out
}

func binary4(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
