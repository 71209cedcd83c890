package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"

	"morag/internal/app/apptest"
	"morag/internal/auth"
)

// FuzzServerWithKeys throws requests at a server that asks for keys: without one of them
// nothing but the open routes is answered with more than a refusal.
func FuzzServerWithKeys(f *testing.F) {
	settings := apptest.Settings(f)
	settings.RateLimit = 0
	key := apptest.CreateKey(f, settings, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(f, settings)
	open := []string{"/", "/health", "/health/ready"}
	for i := range fuzzPaths {
		f.Add(byte(i), byte(i%5), "x", "", "", "")
	}
	for _, text := range []string{key[:len(key)-1], key[:len("morag_aaaaaaaa_")], strings.ToUpper(key), "morag__", "morag_aaaaaaaa_" + strings.Repeat("a", 52)} {
		f.Add(byte(24), byte(0), "x", "Bearer "+text, "", "")
		f.Add(byte(24), byte(0), "x", "", text, "")
	}
	f.Add(byte(12), byte(0), "x", "Basic YTpi", "", "AAAAAQAAAABrAi45yXUgnVsPoNK3f6HGD1Kv217Kbfr8bLCa464aQdXgrY0")
	f.Fuzz(func(t *testing.T, path, method byte, id, authorization, apiKey, token string) {
		if len(id)+len(authorization)+len(apiKey)+len(token) > 4<<10 || strings.Contains(authorization+apiKey, key) ||
			!httpguts.ValidHeaderFieldValue(authorization) || !httpguts.ValidHeaderFieldValue(apiKey) {
			return
		}
		at := strings.ReplaceAll(fuzzPaths[int(path)%len(fuzzPaths)], "{id}", url.PathEscape(id))
		methods := []string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}
		r, err := http.NewRequestWithContext(t.Context(), methods[int(method)%len(methods)], s.URL+at+"?token="+url.QueryEscape(token), nil)
		if err != nil {
			return // no request that could be sent
		}
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-API-Key", apiKey)
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatalf("%s %s: %v", r.Method, at, err)
		}
		defer resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		default:
			if !slices.Contains(open, strings.TrimRight(r.URL.Path, "/")) && r.URL.Path != "/" {
				t.Errorf("%s %s with %q and %q: %s", r.Method, r.URL, authorization, apiKey, resp.Status)
			}
		}
	})
}
