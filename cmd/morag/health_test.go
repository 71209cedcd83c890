package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthNamesThePartThatIsNotReady(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status": "not ready", "parts": {"jobs": "ready", "index": "the index is loading"}}`))
	}))
	defer server.Close()
	for _, form := range [][]string{nil, {"--json"}} {
		var out, complaint strings.Builder
		args := append([]string{"health", "--server", server.URL}, form...)
		if code := run(t.Context(), args, nil, streams{out: &out, err: &complaint}); code != 1 {
			t.Errorf("%v of a server that is not ready ends with %d", args, code)
		}
		if !strings.Contains(out.String(), "the index is loading") || complaint.String() != "morag: the server is not ready\n" {
			t.Errorf("%v says %q and %q", args, &out, &complaint)
		}
	}
}
