package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

// library is a site with pages, and a receiver of webhooks.
type library struct {
	*httptest.Server
	told    chan wire.TaskEnded
	edition atomic.Int32 // of what changes
}

const pageText = "The lamp burned for eleven hours without a flicker, and the keeper wrote it into the great book."

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{told: make(chan wire.TaskEnded, 100)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/hook":
			l.serveBook(t, r.Body)
		case strings.HasPrefix(r.URL.Path, "/page/"):
			fmt.Fprintf(w, "<html lang=en><title>Page %[1]s</title><nav>Home Shop</nav><article><h1>Page %[1]s</h1><p>%[2]s</p><p>%[1]s</p></article>", r.URL.Path, strings.Repeat(pageText+" ", 5))
		case strings.HasPrefix(r.URL.Path, "/script/"): // shows nothing without JavaScript
			fmt.Fprintf(w, "<html lang=en><title>Old harbour</title><script>show(%d)</script>", l.edition.Load())
		case strings.HasPrefix(r.URL.Path, "/table/"): // a file, whose first line says nothing of its edition
			fmt.Fprintf(w, "town,people\nUlm,126000\n%s", strings.Repeat("\n", int(l.edition.Load())))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *library) serveBook(t *testing.T, body io.Reader) {
	var ended wire.TaskEnded
	if err := json.NewDecoder(body).Decode(&ended); err != nil {
		t.Errorf("webhook: %v", err)
	}
	l.told <- ended
}

func reading(t *testing.T) (*target, *library) {
	t.Helper()
	l := newLibrary(t)
	v := attacked(t, func(s *config.Server) { s.Engines.AllowPrivateURLs = []string{"127.0.0.1"} })
	return v, l
}

// TestAddressIsIngested goes by the client, as `morag ingest URL` does, and by the
// documents' own call.
func TestAddressIsIngested(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	made, err := v.IngestURL(t.Context(), l.URL+"/page/one", client.IngestOptions{Options: option.Options{DocumentID: "one", Metadata: []byte(`{"shelf":3}`)}})
	if err != nil || made.DocumentID != "one" {
		t.Fatalf("%+v, %v", made, err)
	}
	done, err := v.WaitTask(t.Context(), made.TaskID, nil)
	if err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	found, err := v.Search(t.Context(), wire.Search{Query: "for how long did the lamp burn", Filters: map[string]any{"shelf": 3}})
	if err != nil || len(found.Results) == 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	hit := found.Results[0]
	if !strings.Contains(hit.Content, pageText) || strings.Contains(hit.Content, "Shop") || hit.Metadata.Get("url") != l.URL+"/page/one" || hit.Metadata.Get("source_type") != "web" {
		t.Errorf("hit %+v", hit)
	}
	if d := hit.Document; d.ID != "one" || d.ContentType != "web" || d.Name == nil || d.Title == nil || *d.Title != hit.Metadata.Get("title") {
		t.Errorf("the hit is of document %+v", d)
	}
	status, text := v.post("/api/v1/process", fmt.Sprintf(`{"mode":"ingest","source_type":"url","url":%q,"document_id":"one"}`, l.URL+"/page/two"))
	var again wire.ProcessIngested
	if err := json.Unmarshal([]byte(text), &again); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	// What is behind an address is known when it has been fetched, so the end refuses it.
	if done, err := v.WaitTask(t.Context(), again.TaskID, nil); err != nil || done.Status != "FAILURE" || !strings.Contains(*done.Error, "replace_existing") {
		t.Errorf("another page under the same document_id: %+v, %v", done, err)
	}
}

// An address is the duplicate of itself while what is behind it stays: never of another
// one, least of all for being empty.
func TestAddressIsItsAddressAndItsBytes(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	come := func(address string) wire.TaskResult {
		t.Helper()
		made, err := v.IngestURL(t.Context(), l.URL+address, client.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return succeeded(t, v.Server, made.TaskID)
	}
	for _, kind := range []string{"/script/", "/table/", "/page/"} {
		first, other, again := come(kind+"one"), come(kind+"two"), come(kind+"one")
		if first.Duplicate || other.Duplicate || other.DocumentID == first.DocumentID {
			t.Errorf("%sone and two: %+v and %+v, want two documents", kind, first, other)
		}
		if !again.Duplicate || again.DocumentID != first.DocumentID {
			t.Errorf("%sone once more: %+v, want a duplicate of %s", kind, again, first.DocumentID)
		}
		l.edition.Add(1)
		if later := come(kind + "one"); later.Duplicate != (kind == "/page/") {
			t.Errorf("%sone, another edition: %+v", kind, later)
		}
	}
}

// A document without text is found by what is known of it and by filters, and a warning says
// that it has none.
func TestDocumentWithoutTextIsFound(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	made, err := v.IngestURL(t.Context(), l.URL+"/script/one", client.IngestOptions{Options: option.Options{
		Metadata: []byte(`{"camera": "Kodak Brownie", "taken": "2021-02-03T04:05:06Z", "places": ["Ulm", "Linz"], "shelf": 3}`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, v.Server, made.TaskID)
	if got := strings.Join(status(t, v.Server, made.TaskID).Warnings, "; "); !strings.Contains(got, "no text was found in it") {
		t.Errorf("warnings %q", got)
	}
	for _, query := range []string{"brownie", "February 2021", "2021-02-03", "Linz", "harbour"} {
		if !finds(t, v.Server, query, made.DocumentID) {
			t.Errorf("not found by %q", query)
		}
	}
	for shelf, want := range map[int]int{3: 1, 4: 0} {
		found, err := v.Search(t.Context(), wire.Search{Query: "harbour", Filters: map[string]any{"shelf": shelf}})
		if err != nil || len(found.Results) != want {
			t.Errorf("by a filter, shelf %d: %+v, %v", shelf, found, err)
		}
	}
}

func TestBatchOfAddresses(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	hook := &wire.WebhookConfig{URL: l.URL + "/hook"}
	made, err := v.IngestBatch(t.Context(), wire.Batch{WebhookConfig: hook, Items: []map[string]any{
		{"url": l.URL + "/page/one", "document_id": "one"},
		{"url": l.URL + "/nowhere"},
		{"url": l.URL + "/page/two", "document_id": "two", "chunk_size": 600, "metadata": map[string]any{"shelf": 2}},
	}})
	if err != nil || made.TotalItems != 3 || len(made.TaskIDs) != 3 {
		t.Fatalf("%+v, %v", made, err)
	}
	done, err := v.WaitTask(t.Context(), made.BatchID, nil)
	if err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	if n := done.Items; n == nil || *n != (wire.Items{Total: 3, Done: 2, Failed: 1}) || *done.Message != "2 of 3 items were ingested; 1 failed: "+l.URL+"/nowhere" {
		t.Errorf("the batch has %+v and says %q", done.Items, *done.Message)
	}
	var result wire.BatchResult
	if err := json.Unmarshal(done.Result, &result); err != nil {
		t.Fatal(err)
	}
	if result.Succeeded != 2 || result.Failed != 1 || result.Items[1].Error == nil || result.Items[1].DocumentID != nil || *result.Items[2].DocumentID != "two" {
		t.Errorf("result %s", done.Result)
	}
	for i, item := range result.Items {
		if item.TaskID != made.TaskIDs[i] {
			t.Errorf("item %d is task %s, want %s", i, item.TaskID, made.TaskIDs[i])
		}
	}
	select {
	case told := <-l.told:
		if told.TaskID != made.BatchID || !strings.Contains(string(told.Result), "/nowhere") || !strings.Contains(string(told.Result), `"failed":1`) {
			t.Errorf("told %+v, want the batch that lists its items", told)
		}
	case <-time.After(time.Minute):
		t.Fatal("nobody was told")
	}
	if len(l.told) > 0 {
		t.Errorf("told %+v besides", <-l.told)
	}
}

func TestAddressesAreConvertedAtOnce(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	for path, body := range map[string]string{
		"/process/url":    `{"url":%q}`,
		"/process/web":    `{"url":%q,"content_type":"web","options":{"language":"en"}}`,
		"/process/batch":  `{"items":[{"url":%q}]}`,
		"/api/v1/process": `{"mode":"convert","source_type":"url","url":%q}`,
	} {
		status, text := v.post(path, fmt.Sprintf(body, l.URL+"/page/one"))
		if status != http.StatusOK || !strings.Contains(text, `"success":true`) || !strings.Contains(text, "eleven hours") {
			t.Errorf("POST %s: %d %s", path, status, text)
		}
	}
	if status, text := v.post("/process/url", fmt.Sprintf(`{"url":%q}`, l.URL+"/nowhere")); status != http.StatusUnprocessableEntity || !strings.Contains(text, "404") {
		t.Errorf("a page that is not there: %d %s", status, text)
	}
	status, text := v.post("/process/batch", fmt.Sprintf(`{"items":[{"url":%q},{"url":%q}]}`, l.URL+"/nowhere", l.URL+"/page/two"))
	var all []wire.Processed
	if err := json.Unmarshal([]byte(text), &all); err != nil || status != http.StatusOK || len(all) != 2 || all[0].Success || all[0].ErrorMessage == nil || !all[1].Success {
		t.Errorf("a batch with a page that is not there: %d %s", status, text)
	}
	if n := v.files(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}
