package dashboard_test

import (
	"encoding/json"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// recorded is a document of a recording in which everything that somebody can choose is the
// worst.
func recorded(t *testing.T, s *apptest.Server) {
	t.Helper()
	file := filepath.Join(t.TempDir(), evil+".wav")
	if err := os.WriteFile(file, []byte("\x00\x01 sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	metadata, err := json.Marshal(map[string]any{"title": evil, evil: evil, "speakers": []string{evil}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.IngestFile(t.Context(), file, client.IngestOptions{ContentType: "audio", Options: option.Options{DocumentID: "talk", Remote: true, Metadata: metadata, Origin: evil}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	segments, err := json.Marshal([]wire.Segment{{Start: 1, End: 2, Text: "heron " + evil, Speaker: evil}, {Start: 3, End: 4, Text: "The tight turns.", Speaker: "Bob", Words: []wire.Word{{Start: 3, End: 3.5, Word: "The"}, {Start: 3.5, End: 3.75, Word: "tight"}, {Start: 3.75, End: 4, Word: "turns."}}}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := json.Marshal(wire.JobResult{Success: true, Segments: segments, WorkerID: "w", Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), *got.JobID, strings.NewReader(string(result)), int64(len(result))); err != nil {
		t.Fatal(err)
	}
	if done, err := s.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
}

// TestLibrary: a document is listed, found, read, corrected and deleted by plain links and
// forms, and nothing that stands in it becomes part of a page.
func TestLibrary(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.RemoteConversionEnabled = true
	s := apptest.Start(t, set)
	recorded(t, s)
	b := newBrowser(t, s)
	for _, path := range []string{"/ui/library", "/ui/library?name=" + url.QueryEscape(evil) + "&content_type=" + url.QueryEscape(evil) + "&order=name", "/ui/library/confirm?action=delete&id=" + url.QueryEscape(evil), "/ui/library/talk", "/ui/library/talk?edit=0", "/ui/library/talk?t=" + url.QueryEscape(evil), "/ui/search?q=heron", "/ui/search?q=" + url.QueryEscape(evil), "/ui/search?q=heron&type=" + url.QueryEscape(evil)} {
		if got := b.get(path); got.status != 200 || !strings.Contains(got.body, shown) {
			t.Errorf("%s does not show it: %d %s", path, got.status, got.body)
		}
	}
	if got := b.get("/ui/search?q=heron"); !strings.Contains(got.body, `href="/ui/library/talk?t=1"`) || !strings.Contains(got.body, "<mark>heron</mark>") {
		t.Errorf("the hit does not open the second: %s", got.body)
	}
	if got := b.get("/ui/library/talk"); !strings.Contains(got.body, `data-words="[[3,3.5,&#34;The&#34;],[3.5,3.75,&#34;tight&#34;],[3.75,4,&#34;turns.&#34;]]"`) {
		t.Errorf("the player is not told when words are said: %s", got.body)
	}
	version := func() string {
		d, err := s.Document(t.Context(), "talk")
		if err != nil {
			t.Fatal(err)
		}
		return d.Version
	}
	old := version()
	b.post("/ui/library/talk/correct", url.Values{"version": {old}, "index": {"1"}, "text": {"The tide turns."}, "speaker": {"Bob"}, "back": {"/ui/library/talk"}})
	if got := b.get("/ui/library/talk"); !strings.Contains(got.body, "Corrected: 1 segment.") || !strings.Contains(got.body, "The tide turns.") || !strings.Contains(got.body, "<summary>before</summary>The tight turns.") || !strings.Contains(got.body, "[3.5,3.75,&#34;tide&#34;]") {
		t.Errorf("after a correction: %s", got.body)
	}
	b.post("/ui/library/talk/correct", url.Values{"version": {old}, "old": {"Bob"}, "new": {"Eve"}, "back": {"/ui/library/talk"}})
	if got := b.get("/ui/library/talk"); !strings.Contains(got.body, `class="told bad"`) || strings.Contains(got.body, "Eve") {
		t.Errorf("a correction of what has changed since: %s", got.body)
	}
	b.post("/ui/library/talk/correct", url.Values{"version": {version()}, "old": {"Bob", evil}, "new": {"Eve", evil}, "back": {"/ui/library/talk"}})
	if got := b.get("/ui/library/talk"); !strings.Contains(got.body, `<b class="speaker">Eve</b>`) {
		t.Errorf("after a name is given: %s", got.body)
	}
	if got := b.post("/ui/library/talk/delete", url.Values{"back": {"/ui/library/talk"}}); got.header.Get("Location") != "/ui/library" {
		t.Errorf("deleted: %d %q", got.status, got.header.Get("Location"))
	}
	if got := b.get("/ui/library"); !strings.Contains(got.body, "Nothing here yet") {
		t.Errorf("after that: %s", got.body)
	}
}

// TestLibraryIsChosenFrom: the library is filtered, put in order and deleted from, others'
// documents too by who sees them.
func TestLibraryIsChosenFrom(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	mine := s.As(keys[auth.Client])
	for _, name := range []string{"zebra.md", "Ducks.md", "ducklings.md"} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("Of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		made, err := mine.IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{DocumentID: strings.TrimSuffix(name, ".md")}})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := mine.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	b := logsIn(t, s, keys[auth.Admin])
	listed := func(query string) (ids []string) {
		for _, part := range strings.Split(b.get("/ui/library"+query).body, `<a href="/ui/library/`)[1:] {
			id, _, _ := strings.Cut(part, "?")
			ids = append(ids, id)
		}
		return ids
	}
	for query, want := range map[string][]string{
		"?order=name": {"ducklings", "Ducks", "zebra"}, "?order=oldest": {"zebra", "Ducks", "ducklings"}, "?name=DUCK&order=name": {"ducklings", "Ducks"},
		"?name=goose": nil, "?content_type=audio": nil, "?content_type=document&id_prefix=z": {"zebra"},
	} {
		if got := listed(query); !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", query, got, want)
		}
	}
	owner := "the-client"
	if got := b.get("/ui/library/confirm?action=delete&id=" + url.QueryEscape("zebra\t"+owner)); !strings.Contains(got.body, "Delete 1 document?") {
		t.Errorf("one is confirmed as %s", got.body)
	}
	b.post("/ui/library/many", url.Values{"csrf": {b.token()}, "action": {"delete"}, "id": {"zebra\t" + owner, "nothing"}, "back": {"/ui/library"}})
	if got := b.get("/ui/library"); !strings.Contains(got.body, "1 document deleted. With 1 of them it could not be done: nothing:") {
		t.Errorf("after one of two is deleted: %s", got.body)
	}
	if got := b.get("/ui/library/confirm?action=delete&all=1&name=duck&back=/ui/library"); !strings.Contains(got.body, "Delete 2 documents?") {
		t.Errorf("all are confirmed as %s", got.body)
	}
	b.post("/ui/library/many", url.Values{"csrf": {b.token()}, "action": {"delete"}, "all": {"1"}, "name": {"duck"}, "back": {"/ui/library"}})
	if got := listed(""); got != nil {
		t.Errorf("left are %v", got)
	}
}

// TestAround: what stands before and after a hit is shown where that is asked for.
func TestAround(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	long := strings.Repeat("Of the weather and the sea much is told. ", 200)
	ingested(t, s, "", "log.md", "# Before\n\n"+long+" Geese"+evil+" came first.\n\n# Between\n\nThe heron sleeps.\n\n# After\n\nTerns came last. "+long)
	b := newBrowser(t, s)
	got := b.get("/ui/search?q=heron")
	if strings.Contains(got.body, `class="reading near"`) {
		t.Fatalf("it is shown unasked: %s", got.body)
	}
	_, one, _ := strings.Cut(got.body, "<mark>heron</mark>")
	_, to, _ := strings.Cut(one, `class="around" href="`)
	to, _, _ = strings.Cut(to, `#`)
	got = b.get(html.UnescapeString(to))
	before, after, _ := strings.Cut(got.body, "<mark>heron</mark>")
	after, _, _ = strings.Cut(after, "</li>")
	const near = `<p class="reading near">`
	if !strings.Contains(before, near) || !strings.Contains(after, near) || !strings.Contains(after, "Terns came last.") {
		t.Errorf("%s shows %s", to, got.body)
	}
	if strings.Contains(got.body, "<x-evil") {
		t.Errorf("a neighbour becomes part of the page: %s", got.body)
	}
}

// TestAskIsOffered where a language model is set, and nowhere else.
func TestAskIsOffered(t *testing.T) {
	t.Parallel()
	for address, offered := range map[string]bool{"": false, "http://127.0.0.1:1/v1": true} {
		set := apptest.Settings(t)
		set.Chat.ChatURL, set.Chat.ChatModel = address, "small"
		b := newBrowser(t, apptest.Start(t, set))
		if got := b.get("/ui/search?q=heron"); strings.Contains(got.body, "ask=1") != offered {
			t.Errorf("model at %q: %s", address, got.body)
		}
		if got := b.get("/ui/search?q=heron&ask=1"); got.status != 200 || strings.Contains(got.body, "no chat model is set") {
			t.Errorf("asked of a model at %q: %d %s", address, got.status, got.body)
		}
	}
}
