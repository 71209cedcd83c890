package api_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
)

// TestOneKeysUploadsLeavePlaces: keys that each keep more uploads half sent than there are
// places do not keep the next one waiting.
func TestOneKeysUploadsLeavePlaces(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.MaxUploads = 8
	var greedy []string
	for i := range 2 {
		greedy = append(greedy, apptest.CreateKey(t, settings, auth.Spec{Name: fmt.Sprint("greedy-", i), Role: auth.Client}))
	}
	honest := apptest.CreateKey(t, settings, auth.Spec{Name: "honest", Role: auth.Client})
	s := apptest.Start(t, settings)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range greedy {
		for range 2 * settings.MaxUploads {
			halfAnUpload(t, at.Host, key)
		}
	}
	// Whichever key came first has half of the places, the other half of the rest.
	incoming := filepath.Join(settings.DataDir, "uploads", "incoming", "*", "*")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		files, err := filepath.Glob(incoming)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%d uploads are under way, want 6 (%v)", len(files), err)
		}
		if len(files) == 6 {
			break
		}
	}
	body := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"note.txt\"\r\n\r\na note\r\n--b--\r\n"
	began := time.Now()
	got := ask(t, s, "POST", "/api/v1/ingest/file", "multipart/form-data; boundary=b", body, "X-API-Key", honest)
	if took := time.Since(began); got.status != http.StatusOK || took > 8*time.Second {
		t.Errorf("another key's note: %d %s after %s", got.status, got.body, took)
	}
}

// halfAnUpload sends the beginning of a file and no more until the test ends.
func halfAnUpload(t *testing.T, host, key string) {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "POST /api/v1/ingest/file HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Length: 1000000\r\n"+
		"Content-Type: multipart/form-data; boundary=b\r\n\r\n"+
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n%s", host, key, strings.Repeat("half of it ", 10_000))
}
