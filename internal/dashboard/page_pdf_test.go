package dashboard_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
)

// paper is a PDF with a line on each page.
func paper(lines ...string) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
	var kids []string
	for _, line := range lines {
		n := len(objects) + 1
		drawn := "BT /F1 24 Tf 72 700 Td (" + line + ") Tj ET"
		kids = append(kids, fmt.Sprintf("%d 0 R", n))
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", n+1),
			fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(drawn), drawn))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids))
	var out, table bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table.String(), len(objects)+1, at)
	return out.Bytes()
}

// TestPDF: a PDF is shown beside its text, at the page of the hit, in a frame of these pages
// alone; anything else is in no frame, whatever it says that it is.
func TestPDF(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	files := map[string][]byte{
		"tides": paper("The harbour wall.", "The heron sleeps in the reeds."),
		"evil":  []byte("<!doctype html><title>x</title><p>The owl hunts.<script>alert(1)</script>"),
	}
	for id, content := range files {
		file := filepath.Join(t.TempDir(), map[string]string{"tides": "tides.pdf", "evil": "evil.html"}[id])
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		made, err := s.IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{DocumentID: id}})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := s.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
			t.Fatalf("%s: %+v, %v", id, done, err)
		}
	}
	b := newBrowser(t, s)
	if got := b.get("/ui/search?q=heron"); !strings.Contains(got.body, `href="/ui/library/tides?page=2#page-2"`) {
		t.Errorf("the hit does not open its page: %s", got.body)
	}
	if got := b.get("/ui/library/tides?page=2"); !strings.Contains(got.body, `src="/ui/library/tides/pdf#page=2&amp;`) || !strings.Contains(got.body, `id="page-2"`) {
		t.Errorf("the PDF is not shown at its page: %s", got.body)
	}
	if got := b.get("/ui/library/evil"); got.status != 200 || strings.Contains(got.body, "<iframe") {
		t.Errorf("what is no PDF is shown in a frame: %s", got.body)
	}
	for _, tt := range []struct {
		path, ranged        string
		status              int
		kind, frame, saving string
		body                []byte
	}{
		{"/ui/library/tides/pdf", "", 200, "application/pdf", "frame-ancestors 'self'", "inline", files["tides"]},
		{"/ui/library/tides/pdf", "bytes=0-4", 206, "application/pdf", "frame-ancestors 'self'", "inline", []byte("%PDF-")},
		{"/ui/library/tides/pdf", "bytes=99999999-", 416, "application/json", "frame-ancestors 'none'; sandbox", "attachment", nil},
		{"/ui/library/evil/pdf", "", 404, "text/html; charset=utf-8", "frame-ancestors 'none'", "", nil},
		{"/ui/library/none/pdf", "", 404, "text/html; charset=utf-8", "frame-ancestors 'none'", "", nil},
		{"/api/v1/documents/tides/source", "", 200, "application/octet-stream", "frame-ancestors 'none'; sandbox", "attachment; filename=tides.pdf", files["tides"]},
		{"/api/v1/documents/evil/source", "", 200, "application/octet-stream", "frame-ancestors 'none'; sandbox", "attachment; filename=evil.html", files["evil"]},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.ranged != "" {
			r.Header.Set("Range", tt.ranged)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		h := resp.Header
		if resp.StatusCode != tt.status || h.Get("Content-Type") != tt.kind || !strings.HasSuffix(h.Get("Content-Security-Policy"), tt.frame) ||
			tt.status < 400 && h.Get("Content-Disposition") != tt.saving || h.Get("X-Content-Type-Options") != "nosniff" || tt.body != nil && !bytes.Equal(body, tt.body) {
			t.Errorf("%s (%s): %d %v", tt.path, tt.ranged, resp.StatusCode, h)
		}
	}
}

// TestPDFIsItsOwners: a PDF is shown to who may see its document.
func TestPDFIsItsOwners(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	file := filepath.Join(t.TempDir(), "tides.pdf")
	if err := os.WriteFile(file, paper("The heron sleeps."), 0o600); err != nil {
		t.Fatal(err)
	}
	owner := s.As(keys[auth.Admin])
	made, err := owner.IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{DocumentID: "tides"}})
	if err != nil {
		t.Fatal(err)
	}
	if done, err := owner.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := newBrowser(t, s).get("/ui/library/tides/pdf"); got.status != http.StatusSeeOther {
		t.Errorf("logged out: %d", got.status)
	}
	if got := logsIn(t, s, keys[auth.Client]).get("/ui/library/tides/pdf"); got.status != http.StatusNotFound {
		t.Errorf("another's: %d", got.status)
	}
}
