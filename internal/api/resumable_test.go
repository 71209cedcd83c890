package api_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/wire"
)

const piece = "application/offset+octet-stream"

// tus makes a call of the protocol.
func tus(t *testing.T, s *apptest.Server, key, method, path, body string, header ...string) answer {
	t.Helper()
	contentType := ""
	if method == "PATCH" {
		contentType = piece
	}
	return ask(t, s, method, path, contentType, body, append(header, "Authorization", "Bearer "+key, "Tus-Resumable", "1.0.0")...)
}

// A file that comes in pieces becomes a document as one that comes at once, for whoever
// sent it alone.
func TestResumableUpload(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.MaxUploadSize = 1000
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	s := apptest.Start(t, set)
	const text = "The heron waits for the tide."
	checksum := func(body string) string {
		sum := sha1.Sum([]byte(body))
		return "sha1 " + base64.StdEncoding.EncodeToString(sum[:])
	}
	made := tus(t, s, alice, "POST", "/api/v1/uploads", "", "Upload-Length", "29", "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte("../a/heron.txt")))
	at := made.header.Get("Location")
	expires, err := http.ParseTime(made.header.Get("Upload-Expires"))
	if made.status != http.StatusCreated || !strings.HasPrefix(at, "/api/v1/uploads/") || err != nil || time.Until(expires) < 23*time.Hour {
		t.Fatalf("%d %v %s", made.status, made.header, made.body)
	}
	ingest := func(key string) answer {
		return with(t, s, key, "POST", "/api/v1/ingest/file", `{"upload_id":"`+strings.TrimPrefix(at, "/api/v1/uploads/")+`","document_id":"heron"}`)
	}
	if got := tus(t, s, alice, "PATCH", at, text[:10], "Upload-Offset", "0", "Upload-Checksum", checksum(text[:10])); got.status != http.StatusNoContent || got.header.Get("Upload-Offset") != "10" {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	for name, tt := range map[string]struct {
		got    answer
		status int
	}{
		"not what the checksum says": {tus(t, s, alice, "PATCH", at, "xx", "Upload-Offset", "10", "Upload-Checksum", checksum("yy")), 460},
		"a checksum of no kind":      {tus(t, s, alice, "PATCH", at, "xx", "Upload-Offset", "10", "Upload-Checksum", "crc 00"), http.StatusBadRequest},
		"elsewhere":                  {tus(t, s, alice, "PATCH", at, "xx", "Upload-Offset", "9"), http.StatusConflict},
		"nowhere":                    {tus(t, s, alice, "PATCH", at, "xx"), http.StatusBadRequest},
		"too much":                   {tus(t, s, alice, "PATCH", at, text, "Upload-Offset", "10"), http.StatusRequestEntityTooLarge},
		"another's":                  {tus(t, s, bob, "PATCH", at, "xx", "Upload-Offset", "10"), http.StatusNotFound},
		"another's end":              {tus(t, s, bob, "DELETE", at, ""), http.StatusNotFound},
		"not in the protocol":        {ask(t, s, "PATCH", at, piece, "xx", "Authorization", "Bearer "+alice), http.StatusPreconditionFailed},
		"of another type":            {ask(t, s, "PATCH", at, jsonType, "xx", "Authorization", "Bearer "+alice, "Tus-Resumable", "1.0.0", "Upload-Offset", "10"), http.StatusUnsupportedMediaType},
		"larger than may be":         {tus(t, s, alice, "POST", "/api/v1/uploads", "", "Upload-Length", "1001"), http.StatusRequestEntityTooLarge},
		"of no length":               {tus(t, s, alice, "POST", "/api/v1/uploads", "", "Upload-Length", "-1"), http.StatusBadRequest},
		"more said than kept":        {tus(t, s, alice, "POST", "/api/v1/uploads", "", "Upload-Length", "1", "Upload-Metadata", strings.Repeat("a", 9000)), http.StatusUnprocessableEntity},
		"ingested in the middle":     {ingest(alice), http.StatusConflict},
		"ingested by another":        {ingest(bob), http.StatusNotFound},
	} {
		tt.got.refused(t, name, tt.status)
	}
	if got := tus(t, s, alice, "HEAD", at, ""); got.status != http.StatusOK || got.header.Get("Upload-Offset") != "10" || got.header.Get("Upload-Length") != "29" {
		t.Fatalf("after all that: %d %v", got.status, got.header)
	}
	if got := tus(t, s, alice, "PATCH", at, text[10:], "Upload-Offset", "10"); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var first, again wire.Ingested
	for _, out := range []*wire.Ingested{&first, &again} {
		got := ingest(alice)
		if err := json.Unmarshal([]byte(got.body), out); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if first.TaskID != again.TaskID || first.DocumentID != "heron" {
		t.Errorf("%+v, and again %+v", first, again)
	}
	if done, err := s.As(alice).WaitTask(t.Context(), first.TaskID, nil); err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	d, err := s.As(alice).Document(t.Context(), "heron")
	if err != nil || d.SourceName == nil || *d.SourceName != "heron.txt" {
		t.Errorf("%+v, %v", d, err)
	}
	if got := with(t, s, alice, "GET", "/api/v1/documents/heron/source", ""); got.body != text {
		t.Errorf("the source is %q", got.body)
	}
	if got := tus(t, s, alice, "DELETE", at, ""); got.status != http.StatusNoContent {
		t.Errorf("the end: %d %s", got.status, got.body)
	}
	if got := tus(t, s, alice, "HEAD", at, ""); got.status != http.StatusNotFound {
		t.Errorf("after the end: %d", got.status)
	}
	if got := ask(t, s, "OPTIONS", "/api/v1/uploads", "", ""); got.status != http.StatusNoContent || !strings.Contains(got.header.Get("Tus-Extension"), "checksum") || got.header.Get("Tus-Max-Size") != "1000" {
		t.Errorf("what there is: %d %v", got.status, got.header)
	}
}
