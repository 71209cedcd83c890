package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// recorded has a worker with a key convert a recording, and returns the document that it
// becomes to the client by.
func recorded(t *testing.T, s *apptest.Server, by *client.Client, workerKey, id, contentType, content, segments string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), id+".rec")
	if err := os.WriteFile(file, []byte("\x00\x01 sound of "+id), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := by.IngestFile(t.Context(), file, client.IngestOptions{ContentType: contentType, Options: option.Options{DocumentID: id, Remote: true, Metadata: json.RawMessage(`{"title":"On tides"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	polled, err := s.As(workerKey).Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{contentType}, MaxJobs: 1, Wait: 30 * time.Second})
	if err != nil || polled.JobID == nil {
		t.Fatalf("%+v, %v", polled, err)
	}
	result := fmt.Sprintf(`{"worker_id":"w","attempt":1,"success":true,"content":%q,"segments":%s}`, content, segments)
	if put := with(t, s, workerKey, "PUT", "/api/v1/remote-jobs/"+*polled.JobID+"/result", result); put.status != http.StatusOK {
		t.Fatalf("%d %s", put.status, put.body)
	}
	done, err := by.WaitTask(t.Context(), made.TaskID, nil)
	if err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	return "/api/v1/documents/" + *done.DocumentID
}

// TestTranscripts: what a worker heard is there in every format, in order, for its owner.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	worker := apptest.CreateKey(t, set, auth.Spec{Name: "gpu", Role: auth.Worker})
	s := apptest.Start(t, set)
	at := recorded(t, s, s.As(alice), worker, "talk", "selftest", "The tide turns. At <noon>.",
		`[{"start":3,"end":5,"text":"At <noon>.","speaker":"Bob","confidence":0.5},{"start":1,"end":2.5,"text":"The tide turns.","speaker":"Ada"}]`)
	for format, want := range map[string]struct{ media, text string }{
		"srt": {"application/x-subrip; charset=utf-8", "1\n00:00:01,000 --> 00:00:02,500\nAda: The tide turns.\n\n2\n00:00:03,000 --> 00:00:05,000\nBob: At <\u2060noon>.\n"},
		"VTT": {"text/vtt; charset=utf-8", "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ada>The tide turns.\n\n00:00:03.000 --> 00:00:05.000\n<v Bob>At &lt;noon&gt;.\n"},
		"":    {"text/plain; charset=utf-8", "Ada: The tide turns.\n\nBob: At <noon>.\n"},
		"txt": {"text/plain; charset=utf-8", "Ada: The tide turns.\n\nBob: At <noon>.\n"},
		"md":  {"text/markdown; charset=utf-8", "# On tides\n\n**00:00:01** **Ada:** The tide turns.\n\n**00:00:03** **Bob:** At \\<noon\\>.\n"},
		"json": {jsonType, `{"document_id":"talk","title":"On tides","segments":[{"index":0,"start":1,"end":2.5,"text":"The tide turns.","speaker":"Ada"},` +
			`{"index":1,"start":3,"end":5,"text":"At \u003cnoon\u003e.","speaker":"Bob","confidence":0.5}]}`},
	} {
		got := with(t, s, alice, "GET", at+"/transcript?format="+format, "")
		if got.status != http.StatusOK || strings.TrimSpace(got.body) != strings.TrimSpace(want.text) || got.header.Get("Content-Type") != want.media {
			t.Errorf("%s: %d, %v\n%s", format, got.status, got.header, got.body)
		}
		if format != "json" && !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s is no sandbox: %v", format, got.header)
		}
	}
	wrong := with(t, s, alice, "GET", at+"/transcript?format=pdf", "")
	wrong.refused(t, "another format", http.StatusUnprocessableEntity)
	for _, part := range []string{"/segments", "/transcript?format=srt", "/transcript?format=json"} {
		others, nothing := with(t, s, bob, "GET", at+part, ""), with(t, s, bob, "GET", "/api/v1/documents/nothing"+part, "")
		others.refused(t, part+" of another tenant's", http.StatusNotFound)
		if others.body != nothing.body {
			t.Errorf("%s of another tenant's: %s, of nothing: %s", part, others.body, nothing.body)
		}
	}
}

func TestSegmentsInPages(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	s := apptest.Start(t, set)
	var said []string
	for i := range 5 {
		said = append(said, fmt.Sprintf(`{"start":%d,"end":%d,"text":"s%d"}`, i, i+1, i))
	}
	at := recorded(t, s, s.Client, "", "talk", "selftest", "s0 s1 s2 s3 s4", "["+strings.Join(said, ",")+"]")
	var got []string
	list, pages := client.List{Limit: 2}, 0
	for more := true; more; pages++ {
		page, err := s.DocumentSegments(t.Context(), "talk", list)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Segments {
			got = append(got, fmt.Sprintf("%d %g %g %s", one.Index, one.Start, one.End, one.Text))
		}
		if more = page.NextCursor != nil; more {
			list.Cursor = *page.NextCursor
		}
	}
	if diff := cmp.Diff([]string{"0 0 1 s0", "1 1 2 s1", "2 2 3 s2", "3 3 4 s3", "4 4 5 s4"}, got); diff != "" || pages != 3 {
		t.Errorf("in %d pages (-want +got):\n%s", pages, diff)
	}
	for cursor, status := range map[string]int{"5": 200, "99999": 200, "-1": 422, "x": 422, "99999999999999999999": 422} {
		if got := ask(t, s, "GET", at+"/segments?cursor="+cursor, "", ""); got.status != status || status == 200 && !strings.Contains(got.body, `"segments":[]`) {
			t.Errorf("from %s: %d %s", cursor, got.status, got.body)
		}
	}
}

// TestNoTranscripts: what has none says why, and silence is none of that.
func TestNoTranscripts(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	s := apptest.Start(t, set)
	store(t, s.Client, "a text", client.IngestOptions{Options: option.Options{DocumentID: "note"}})
	recorded(t, s, s.Client, "", "untimed", "audio", "The tide turns.", "[]")
	recorded(t, s, s.Client, "", "silent", "audio", "", "[]")
	for id, want := range map[string]string{
		"note":    `document "note" has no segments: it is of the type document, and only recordings and subtitles have them`,
		"untimed": `document "untimed" has no segments: it was ingested before they were kept, or its worker sent none; ingest its source again`,
	} {
		for _, part := range []string{"/segments", "/transcript?format=srt", "/transcript?format=json"} {
			got := ask(t, s, "GET", "/api/v1/documents/"+id+part, "", "")
			got.refused(t, id+part, http.StatusNotFound)
			var said wire.Error
			if err := json.Unmarshal([]byte(got.body), &said); err != nil || said.Detail != want {
				t.Errorf("%s of %s: %s", part, id, got.body)
			}
		}
	}
	d, err := s.Document(t.Context(), "silent")
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]string{
		"/segments": fmt.Sprintf(`{"segments":[],"version":%q,"next_cursor":null}`, d.Version), "/transcript?format=vtt": "WEBVTT", "/transcript?format=srt": "", "/transcript?format=md": "# On tides",
	} {
		if got := ask(t, s, "GET", "/api/v1/documents/silent"+part, "", ""); got.status != http.StatusOK || strings.TrimSpace(got.body) != want {
			t.Errorf("%s of silence: %d %q, want %q", part, got.status, got.body, want)
		}
	}
}
