package mirror_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/mirror"
	"morag/internal/option"
	"morag/internal/wire"
)

// site is a place on the web with a feed.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	feed  string
	etag  string
	asked []int // what was answered to who asked for the feed
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.URL.Path == "/feed.xml" && s.etag != "" && r.Header.Get("If-None-Match") == s.etag:
			s.asked = append(s.asked, http.StatusNotModified)
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/feed.xml":
			s.asked = append(s.asked, http.StatusOK)
			w.Header().Set("ETag", s.etag)
			fmt.Fprint(w, s.feed)
		case strings.HasPrefix(r.URL.Path, "/text/"):
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprintf(w, "What is said in %s.", r.URL.Path)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// publish has the feed be of these entries.
func (s *site) publish(etag string, entries ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.etag = etag
	s.feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour talk</title><link>` + s.URL + `</link>` + strings.Join(entries, "") + `</channel></rss>`
}

func entry(guid, title, day, rest string) string {
	return fmt.Sprintf(`<item><guid isPermaLink="false">%s</guid><title>%s</title><pubDate>Mon, %s May 2024 10:00:00 GMT</pubDate>%s</item>`, guid, title, day, rest)
}

// of is the configuration for the site's feed.
func (s *site) of(newest int) func(*mirror.Config) {
	return func(c *mirror.Config) {
		c.Folder, c.Feed, c.Newest = "", s.URL+"/feed.xml", newest
		c.Options = client.IngestOptions{Options: option.Options{Metadata: json.RawMessage(`{"shelf":3}`)}}
	}
}

// subscribed are the documents of the site's feed, by the names of their entries.
func (s *site) subscribed(t *testing.T, api *apptest.Server) map[string]wire.Document {
	t.Helper()
	found, err := api.Documents(t.Context(), client.DocumentFilter{Origin: s.URL + "/feed.xml#"})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]wire.Document{}
	for _, d := range found.Documents {
		all[strings.TrimPrefix(*d.Origin, s.URL+"/feed.xml#")] = d
	}
	return all
}

// The entries of a feed come in once, the newest so many, by the address of the recording or
// the page, with what the feed tells of them.
func TestFeed(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	s := apptest.Start(t, set)
	web := newSite(t)
	tr := newTree(t, nil)
	one := entry("one", "The  first", "06", `<link>/nowhere</link><enclosure url="/text/one" type="audio/mpeg" length="1"/>`)
	two := entry("two", "The second", "07", `<link>`+web.URL+`/text/two#part</link>`)
	old := entry("old", "Too old", "01", `<link>/text/old</link>`)
	web.publish(`"v1"`, old, one, two, entry("nowhere", "No place", "09", `<link>file:///etc/passwd</link>`), entry("two", "Twice", "08", `<link>/text/twice</link>`))
	added := func(names ...string) (want []string) {
		for _, name := range names {
			want = append(want, "added "+web.URL+"/text/"+name)
		}
		return want
	}
	tr.does(s, func(c *mirror.Config) { web.of(2)(c); c.Dry = true }, added("one", "twice")...)
	tr.does(s, web.of(2), added("one", "twice")...)
	all := web.subscribed(t, s)
	if names := slices.Sorted(maps.Keys(all)); !slices.Equal(names, []string{"one", "two"}) {
		t.Fatalf("there are documents of %v", names)
	}
	for name, value := range map[string]any{"title": "The first", "feed": "Harbour talk", "published": "2024-05-06T10:00:00Z"} {
		if got, _ := all["one"].Metadata.Get(name).(string); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if !strings.Contains(string(all["one"].Metadata), `"shelf":3`) {
		t.Errorf("the metadata are %s", all["one"].Metadata)
	}
	if text, err := s.DocumentContent(t.Context(), all["one"].DocumentID); err != nil {
		t.Error(err)
	} else if err := text.Close(); err != nil {
		t.Error(err)
	}

	if sum := tr.does(s, web.of(2)); sum.Unchanged != 2 || !slices.Equal(web.asked, []int{200, 200, 304}) {
		t.Errorf("unchanged: %+v, the feed was answered by %v", sum, web.asked)
	}
	// Its address has changed, an older one has gone, and there is a new one.
	moved := strings.Replace(one, "/text/one", "/text/one?token=2", 1)
	web.publish(`"v2"`, moved, entry("three", "The third", "20", `<link>/text/three</link>`))
	tr.does(s, web.of(2), added("three")...)
	if now := web.subscribed(t, s); len(now) != 3 || now["one"].Version != all["one"].Version {
		t.Errorf("there are %d documents", len(now))
	}
	// What is lost is known by the server.
	tr.state = t.TempDir()
	if sum := tr.does(s, web.of(2)); sum.Unchanged != 3 {
		t.Errorf("with nothing known: %+v", sum)
	}

	// What is not there is told once, and tried again on demand.
	web.publish(`"v3"`, entry("gone", "Gone", "21", `<link>/gone</link>`))
	done, _, err := tr.pass(s, web.of(2))
	if err != nil || len(done) != 2 || done[0] != "added "+web.URL+"/gone" || !strings.HasPrefix(done[1], "failed "+web.URL+"/gone: ") {
		t.Fatalf("%q, %v", done, err)
	}
	if sum := tr.does(s, web.of(2)); sum.Refused != 1 {
		t.Errorf("%+v", sum)
	}
	if done, _, err = tr.pass(s, func(c *mirror.Config) { web.of(2)(c); c.Again = true }); err != nil || len(done) != 2 {
		t.Fatalf("again: %q, %v", done, err)
	}

	for name, tt := range map[string]struct{ feed, want string }{
		"a page":   {"<html><body>no feed</body></html>", "is no feed"},
		"nothing":  {"", "is no feed"},
		"no feed":  {`{"title":"t","items":[]}`, "is no feed"},
		"too much": {strings.Repeat(" ", 32<<20+1), "more than"},
	} {
		web.mu.Lock()
		web.feed, web.etag = tt.feed, ""
		web.mu.Unlock()
		if done, _, err := tr.pass(s, web.of(2)); err == nil || !strings.Contains(err.Error(), tt.want) || done != nil {
			t.Errorf("%s: %q, %v", name, done, err)
		}
	}
	if _, _, err := tr.pass(s, func(c *mirror.Config) { web.of(2)(c); c.Feed = web.URL + "/none" }); err == nil || !strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("of no feed: %v", err)
	}
}
