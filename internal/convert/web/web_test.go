package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/web"
	"morag/internal/outbound"
)

func read(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// site serves pages by their path, with what follows "type: " in the first line, if it
// does, as the content type.
func site(t testing.TB, pages map[string]string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, found := pages[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		if rest, typed := strings.CutPrefix(page, "type: "); typed {
			var contentType string
			contentType, page, _ = strings.Cut(rest, "\n")
			w.Header().Set("Content-Type", contentType)
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.URL
}

func guard(t testing.TB, allow ...string) *outbound.Guard {
	t.Helper()
	g, err := outbound.NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newConverter(t testing.TB, config web.Config, allow ...string) *web.Converter {
	return web.New(config, guard(t, allow...), convert.NewRegistry(document.New(document.Config{})))
}

// fetch converts what is at an address, and checks that nothing is left of it.
func fetch(t testing.TB, config web.Config, address string) (*content.Document, error) {
	t.Helper()
	config.ScratchDir = t.TempDir()
	doc, err := newConverter(t, config, "*").Convert(t.Context(), content.Source{URL: address, Type: content.Web}, convert.Options{}, nil)
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left in the scratch folder: %v", left)
	}
	return doc, err
}

func mustFetch(t testing.TB, address string) *content.Document {
	t.Helper()
	doc, err := fetch(t, web.Config{}, address)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return doc
}

func TestConformance(t *testing.T) {
	t.Parallel()
	base := site(t, map[string]string{"/bees": read(t, "article.html")})
	converttest.Run(t, converttest.Case{
		New: func(scratch string) convert.Converter { return newConverter(t, web.Config{ScratchDir: scratch}, "*") },
		Source: func(t *testing.T) content.Source {
			path := filepath.Join(t.TempDir(), "address")
			if err := os.WriteFile(path, []byte(base+"/bees\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return content.Source{Path: path, Name: "bees", Type: content.Web}
		},
	})
}

var (
	tags   = regexp.MustCompile(`(?s)<[^>]*>`)
	letter = regexp.MustCompile(`[\pL\pN]+`)
)

func TestArticle(t *testing.T) {
	t.Parallel()
	page := read(t, "article.html")
	base := site(t, map[string]string{"/2024/bees.html": page})
	doc := mustFetch(t, base+"/2024/bees.html#top")
	for _, want := range []string{
		"## What you need before the first swarm\n", "### What it cost\n", "## The year in the hive\n",
		"| Item | Pieces | Price |", "| Hive | 2 | 310 |", "| Smoker | 1 | 38 |", "| Colony | 2 | 260 |",
		"[lime trees](" + base + "/2024/lime-trees.html)", "![The two hives in the evening sun](" + base + "/img/hive.jpg)",
		"*local club*", "**more patient**", "  - the veil is what", "2. In June", "```go\n", "> A colony that is left alone",
	} {
		if !strings.Contains(doc.Content, want) {
			t.Errorf("no %q in\n%s", want, doc.Content)
		}
	}
	for _, junk := range []string{
		"menu", "cookies", "discount", "Share this", "comment:", "Comments", "Popular", "newsletter", "Copyright", "tracking", "color:",
	} {
		if strings.Contains(doc.Content, junk) {
			t.Errorf("%q in\n%s", junk, doc.Content)
		}
	}
	if !strings.HasPrefix(doc.Content, "# Keeping bees on a city roof\n") || strings.Count(doc.Content, "Keeping bees") != 1 {
		t.Errorf("title: %.200s", doc.Content)
	}
	_, words, _ := strings.Cut(page, "<!-- words begin -->")
	words, _, _ = strings.Cut(words, "<!-- words end -->")
	words = regexp.MustCompile(`(?s)<div class="ad.*?</div>`).ReplaceAllString(words, "")
	if share := recall(tags.ReplaceAllString(words, " "), doc.Content); share < 0.99 {
		t.Errorf("%.1f %% of the words", share*100)
	}
	for key, want := range map[string]any{
		"title": "Keeping bees on a city roof", "author": "Hanna Weiss", "site": "The Roof Gardener", "language": "en-GB",
		"published": "2024-05-02T06:30:00Z", "created": "2024-05-02T06:30:00Z", "url": base + "/2024/bees.html", "requested_url": base + "/2024/bees.html#top",
		"canonical_url": base + "/2024/bees", "description": "What a first year with two hives has taught us.",
		"mime_type": "text/html", "engine": "readability", "file_size": int64(len(page)),
	} {
		if got := doc.Metadata[key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
}

// recall is the part of the words of want that are in got, as often.
func recall(want, got string) float64 {
	have := map[string]int{}
	for _, w := range letter.FindAllString(strings.ToLower(got), -1) {
		have[w]++
	}
	words := letter.FindAllString(strings.ToLower(strings.ReplaceAll(want, "&gt;", " ")), -1)
	found := 0
	for _, w := range words {
		if have[w] > 0 {
			have[w]--
			found++
		}
	}
	return float64(found) / float64(len(words))
}

func TestPageThatIsNoArticle(t *testing.T) {
	t.Parallel()
	base := site(t, map[string]string{"/": read(t, "listing.html")})
	doc := mustFetch(t, base)
	for _, want := range []string{
		"# Events\n", "## [Choir evening](" + base + "/events/choir)", "[Flea market](" + base + "/market)", "Tuesday at six", "entry is free", "behind the house",
		"The town hall has three floors", "Wheelchairs", "| Friday | 9 | 13 |",
	} {
		if !strings.Contains(doc.Content, want) {
			t.Errorf("no %q in\n%s", want, doc.Content)
		}
	}
	for _, junk := range []string{"Home link", "Contact link", "warranty", "more events"} {
		if strings.Contains(doc.Content, junk) {
			t.Errorf("%q in\n%s", junk, doc.Content)
		}
	}
	if doc.Metadata["language"] != "de" || doc.Metadata["title"] != "Events" {
		t.Errorf("metadata %v", doc.Metadata)
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>This is a sentence of a text that goes on for a while, so that it is long enough.</p>", 12)
	pages := map[string]string{
		"/none":    "<title>Only a *title*</title><p>Some text.",
		"/heading": "<title>Site</title><h1>The heading</h1><p>Some text.",
		"/second":  "<title>The title</title><article><h2>The title</h2>" + long + "</article>",
		"/site":    "<title>The title - The site</title><article><h1>The title</h1>" + long + "</article>",
		"/suffix":  "<title>The title · The site</title><article><h2>The title<a href='#x'>#</a></h2>" + long + "</article>",
		"/two":     "<title>Report</title><h1>Part 1</h1><p>Some text.<h1>Part 2</h1><p>More.",
		"/nothing": "<p>Some text.",
		"/empty":   "<title>An app</title><div id=root></div><script>go()</script>",
	}
	base := site(t, pages)
	for path, want := range map[string]string{
		"/none": "# Only a \\*title\\*\n\nSome text.", "/heading": "# The heading\n\nSome text.", "/second": "# The title\n\nThis is",
		"/site": "# The title\n\nThis is", "/nothing": "Some text.", "/empty": "",
		"/suffix": "# The title\n\nThis is", "/two": "# Report\n\n# Part 1\n",
	} {
		doc := mustFetch(t, base+path)
		if !strings.HasPrefix(doc.Content, want) || strings.Count(doc.Content, "The title") > 1 {
			t.Errorf("%s: %.100q", path, doc.Content)
		}
		if path == "/empty" && (doc.Content != "" || len(doc.Warnings) != 1 || doc.Metadata["title"] != "An app") {
			t.Errorf("%q, warnings %q, %v", doc.Content, doc.Warnings, doc.Metadata)
		}
	}
}

func TestCharacterSets(t *testing.T) {
	t.Parallel()
	base := site(t, map[string]string{
		"/header":     "type: text/html; charset=windows-1252\n<title>x</title><p>caf\xe9 \x93quoted\x94",
		"/meta":       "<meta charset=koi8-r><p>\xde\xc1\xca",
		"/undeclared": "<p>caf\xe9",
		"/utf-8":      "<p>" + strings.Repeat("x ", 2000) + "чай",
		"/mark":       "type: text/html; charset=iso-8859-1\n\ufeff<p>чай",
		"/broken":     "type: text/html; charset=utf-8\n<p>caf\xe9",
	})
	for path, want := range map[string]string{
		"/header": "café “quoted”", "/meta": "чай", "/undeclared": "café", "/utf-8": "чай", "/mark": "чай", "/broken": "caf\uFFFD",
	} {
		if doc := mustFetch(t, base+path); !strings.HasSuffix(doc.Content, want) {
			t.Errorf("%s: %q", path, doc.Content)
		}
	}
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	pdf := converttest.PDF(map[string]string{"Title": "Report"}, converttest.Page{"The report of the year in one line."})
	base := site(t, map[string]string{
		"/report":    "type: application/pdf\n" + string(pdf),
		"/notes.txt": "type: text/plain\nPlain notes\n<b>not bold</b>",
		"/raw.html":  "type: text/plain; charset=utf-8\n<html><b>source</b></html>",
		"/api":       "type: application/json\n{\"bees\": 2}",
		"/README.md": "type: text/markdown\n# Read me\n\nfirst",
		"/octets":    "type: application/octet-stream\n<!DOCTYPE html><title>T</title><p>hello",
		"/lie":       "type: text/html\n" + string(pdf),
	})
	for path, want := range map[string]struct{ text, mime string }{
		"/report":    {"The report of the year", "application/pdf"},
		"/lie":       {"The report of the year", "application/pdf"},
		"/notes.txt": {"<b>not bold</b>", "text/plain"},
		"/raw.html":  {"<html><b>source</b></html>", "text/plain"},
		"/api":       {"bees", "application/json"},
		"/README.md": {"# Read me", "text/markdown"},
		"/octets":    {"# T\n\nhello", "text/html"},
	} {
		doc := mustFetch(t, base+path)
		if !strings.Contains(doc.Content, want.text) || doc.Metadata["mime_type"] != want.mime || doc.Metadata["url"] != base+path {
			t.Errorf("%s: %.200q, %v", path, doc.Content, doc.Metadata)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http://a b/", "http://127.0.0.1:9/", "http://user:secret@example.org/",
		"http://localhost/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://2130706433/", "http://x/" + strings.Repeat("y", 9000)} {
		path := filepath.Join(t.TempDir(), "address")
		if err := os.WriteFile(path, []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := newConverter(t, web.Config{}).Convert(t.Context(), content.Source{Path: path}, convert.Options{}, nil)
		if !errors.Is(err, convert.ErrBadSource) || len(err.Error()) > 200 {
			t.Errorf("%.100q: %v", address, err)
		}
	}
}

// TestSSRF: a page that may be asked for leads to one that may not.
func TestSSRF(t *testing.T) {
	t.Parallel()
	inner := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the inner server was asked") })
	u, _ := url.Parse(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" || r.URL.RawQuery != "" {
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
		}
	}))
	byName := "http://localhost:" + u.Port() + "/?to="
	for _, to := range []string{inner, "http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/"} {
		_, err := newConverter(t, web.Config{}, "localhost").Convert(t.Context(), content.Source{URL: byName + url.QueryEscape(to)}, convert.Options{}, nil)
		if !errors.Is(err, convert.ErrBadSource) || !errors.Is(err, outbound.ErrRefused) || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", to, err)
		}
	}
	// robots.txt itself is asked for by the same rules.
	sly := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner, http.StatusFound) })
	u, _ = url.Parse(sly)
	_, err := newConverter(t, web.Config{}, "localhost").Convert(t.Context(), content.Source{URL: "http://localhost:" + u.Port()}, convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("by robots.txt: %v", err)
	}
}

func TestAnswersThatAreNoPage(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		var status int
		if n, _ := fmt.Sscanf(r.URL.Path, "/status/%d", &status); n == 1 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<p>an excuse")
			return
		}
		switch r.URL.Path {
		case "/empty":
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/short":
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, strings.Repeat("<p>half of", 600))
		case "/brotli":
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "\x0b\x02\x80hello\x03")
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			chunk := []byte(strings.Repeat("<p>zero ", 1<<14))
			for range 200 {
				if _, err := zip.Write(chunk); err != nil {
					return
				}
			}
			_ = zip.Close()
		case "/endless":
			for {
				if _, err := io.WriteString(w, strings.Repeat("<p>more ", 1000)); err != nil {
					return
				}
			}
		case "/endless.bin":
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = io.WriteString(w, "%PDF-1.4\n")
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/declared":
			w.Header().Set("Content-Length", "100000000")
			_, _ = io.WriteString(w, strings.Repeat("<p>part of", 600))
		case "/program":
			_, _ = io.WriteString(w, "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 100))
		default:
			http.NotFound(w, r)
		}
	})
	config := web.Config{MaxPage: 1 << 20, MaxFile: 2 << 20}
	for path, want := range map[string]struct {
		kind error
		text string
	}{
		"/status/404": {convert.ErrBadSource, "404"}, "/status/410": {convert.ErrBadSource, "410"}, "/status/403": {convert.ErrBadSource, "403"},
		"/status/204": {convert.ErrBadSource, "204"}, "/status/429": {convert.ErrEngine, "429"}, "/status/500": {convert.ErrEngine, "500"},
		"/status/503": {convert.ErrEngine, "503"}, "/empty": {convert.ErrBadSource, "empty"}, "/loop": {convert.ErrBadSource, "redirected"},
		"/short": {convert.ErrEngine, "broke off"}, "/brotli": {convert.ErrEngine, "compressed"}, "/bomb": {convert.ErrBadSource, "larger than 1024 KiB"},
		"/endless": {convert.ErrBadSource, "larger than 1024 KiB"}, "/endless.bin": {convert.ErrBadSource, "larger than 2048 KiB"},
		"/declared": {convert.ErrBadSource, "larger"}, "/program": {convert.ErrUnsupported, "application/x-"},
	} {
		_, err := fetch(t, config, base+path)
		if !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", path, err)
		}
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	if _, err := fetch(t, config, closed.URL); !errors.Is(err, convert.ErrEngine) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestCompressedPage(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, _ = io.WriteString(zip, "<p>unpacked words")
		_ = zip.Close()
		_, _ = w.Write(b.Bytes())
	})
	if doc := mustFetch(t, base); doc.Content != "unpacked words" {
		t.Errorf("%q", doc.Content)
	}
}

func TestSitesThatTakeTooLong(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			http.NotFound(w, r)
			return
		case "/body":
			_, _ = io.WriteString(w, strings.Repeat("<p>some words", 1000))
			w.(http.Flusher).Flush()
		case "/file":
			_, _ = io.WriteString(w, "%PDF-1.4\n"+strings.Repeat("some words\n", 1000))
			w.(http.Flusher).Flush()
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(stop) })
	for _, path := range []string{"/head", "/body", "/file"} {
		start := time.Now()
		_, err := fetch(t, web.Config{FetchTimeout: 300 * time.Millisecond}, base+path)
		if !errors.Is(err, convert.ErrEngine) || !strings.Contains(err.Error(), "seconds") || time.Since(start) > time.Minute {
			t.Errorf("%s: %v after %s", path, err, time.Since(start))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := newConverter(t, web.Config{}, "*").Convert(ctx, content.Source{URL: base + "/body"}, convert.Options{}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestRobotsAreObeyed(t *testing.T) {
	t.Parallel()
	asked := 0
	status := http.StatusOK
	var agent string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			asked++
			agent = r.UserAgent()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /private\n")
		case "/moved":
			http.Redirect(w, r, "/private/page", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "<p>words")
		}
	})
	c := newConverter(t, web.Config{Version: "1.2"}, "*")
	get := func(c *web.Converter, path string) error {
		_, err := c.Convert(t.Context(), content.Source{URL: base + path}, convert.Options{}, nil)
		return err
	}
	if err := get(c, "/public"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/private", "/moved"} {
		if err := get(c, path); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "robots.txt") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if asked != 1 || !strings.Contains(agent, "MoRAG/1.2") {
		t.Errorf("robots.txt asked for %d times by %q", asked, agent)
	}
	if err := get(newConverter(t, web.Config{IgnoreRobots: true}, "*"), "/private"); err != nil {
		t.Errorf("ignored: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := get(newConverter(t, web.Config{}, "*"), "/public"); !errors.Is(err, convert.ErrEngine) {
		t.Errorf("in trouble: %v", err)
	}
	status = http.StatusForbidden
	if err := get(newConverter(t, web.Config{}, "*"), "/private"); err != nil {
		t.Errorf("without robots.txt: %v", err)
	}
}
