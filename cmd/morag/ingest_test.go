package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIngestSendsTheWebhook: what signs a webhook and what it brings can be given, by
// variables that no list of processes shows.
func TestIngestSendsTheWebhook(t *testing.T) {
	t.Setenv("MORAG_WEBHOOK_SECRET", "the signing secret")
	t.Setenv("MORAG_DOCUMENT_PASSWORD", "the password")
	var form string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form = string(raw)
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, "{\"detail\":\"not\\u001b[31m \\u009b1m\\ntoday\"}")
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	exit, _, says := morag(t, "ingest", "--server", server.URL, "--webhook-url", "https://example.org/", "--webhook-auth-token", "the token", file)
	for _, want := range []string{"the signing secret", "the token", "the password", "https://example.org/"} {
		if !strings.Contains(form, want) {
			t.Errorf("%q was not sent", want)
		}
	}
	if exit != exitUsage || strings.Count(says, "\n") != 2 || strings.ContainsAny(says, "\x1b\u009b") || strings.Contains(says, "the ") {
		t.Errorf("exit %d, %q; want its progress and one harmless line", exit, says)
	}
}
