package api_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestThumbnailsStayWithTheDocument: those of a worker's result, without what is no picture.
func TestThumbnailsStayWithTheDocument(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.SourceDirs = []string{t.TempDir()}
	s := apptest.Start(t, settings)
	source := filepath.Join(settings.SourceDirs[0], "talk.mp3")
	if err := os.WriteFile(source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: source, ContentType: "selftest", IngestionTaskID: "pictured"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1, Lease: time.Minute}); err != nil {
		t.Fatal(err)
	}
	var small, large bytes.Buffer
	for side, into := range map[int]*bytes.Buffer{3: &small, 5: &large} {
		if err := png.Encode(into, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
			t.Fatal(err)
		}
	}
	url := func(raw []byte) string { return "data:image/png;base64," + base64.StdEncoding.EncodeToString(raw) }
	result := fmt.Sprintf(`{"worker_id":"w","attempt":1,"success":true,"content":"words","thumbnails":[%q,%q,%q,"data:image/png;base64,%%"]}`,
		url(small.Bytes()), url([]byte("<svg onload=alert(1)>")), url(large.Bytes()))
	if put := ask(t, s, "PUT", "/api/v1/remote-jobs/"+created.JobID+"/result", jsonType, result); put.status != http.StatusOK {
		t.Fatalf("%d %s", put.status, put.body)
	}
	done, err := s.WaitTask(t.Context(), "pictured", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(done.Warnings, func(w string) bool { return strings.HasPrefix(w, "2 thumbnails") }) {
		t.Errorf("warnings %q do not tell of what was left out", done.Warnings)
	}
	doc, err := s.Document(t.Context(), *done.DocumentID)
	if err != nil || doc.Metadata.Get("thumbnail_count") != 2.0 {
		t.Errorf("metadata %v (%v), want a count of 2", doc.Metadata, err)
	}
	at := "/api/v1/documents/" + *done.DocumentID + "/thumbnails/"
	for n, want := range map[string]string{"1": small.String(), "2": large.String()} {
		got := ask(t, s, "GET", at+n, "", "")
		if got.status != http.StatusOK || got.body != want || got.header.Get("Content-Type") != "image/png" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("thumbnail %s: %d, %d bytes, %v", n, got.status, len(got.body), got.header)
		}
	}
	for _, wrong := range []string{"3", "0", "x", "-1", "1.5", "99999999999999999999"} {
		wrongly := ask(t, s, "GET", at+wrong, "", "")
		wrongly.refused(t, wrong, http.StatusNotFound)
	}
	if err := s.DeleteDocument(t.Context(), *done.DocumentID); err != nil {
		t.Fatal(err)
	}
	deleted := ask(t, s, "GET", at+"1", "", "")
	deleted.refused(t, "of a document that is gone", http.StatusNotFound)
}
