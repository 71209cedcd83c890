package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"morag/internal/api"
	"morag/internal/app/apptest"
)

// The page shows every call, leads nowhere that is not there, fetches nothing, and lets a
// browser run nothing.
func TestDocs(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	got := ask(t, s, "GET", "/docs", "", "")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", got.status, got.header.Get("Content-Type"))
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	for _, forbidden := range []string{"<script", "<img", "<link", "<iframe", "@import", "url(", " style=", " onclick="} {
		if strings.Contains(got.body, forbidden) {
			t.Errorf("the page holds %q", forbidden)
		}
	}
	there := map[string]bool{"openapi.json": true}
	for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(got.body, -1) {
		there["#"+id[1]] = true
	}
	links := regexp.MustCompile(` href="([^"]+)"`).FindAllStringSubmatch(got.body, -1)
	for _, link := range links {
		if !there[link[1]] {
			t.Errorf("a link leads to %q, where nothing is", link[1])
		}
	}
	var document struct {
		Paths map[string]map[string]struct {
			ID      string `json:"operationId"`
			Summary string `json:"summary"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(api.Specification(), &document); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for path, item := range document.Paths {
		for method, call := range item {
			if call.ID == "" || call.Summary == "" || seen[call.ID] {
				t.Errorf("%s %s has the id %q and the summary %q", method, path, call.ID, call.Summary)
			}
			if seen[call.ID] = true; !there["#"+call.ID] {
				t.Errorf("%s %s is not on the page", method, path)
			}
		}
	}
	if n := len(api.Routes()); len(seen) != n {
		t.Errorf("%d calls, and %d routes", len(seen), n)
	}
}

// What is served is the golden file, but for the version.
func TestServedSpecification(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	got := ask(t, s, "GET", "/openapi.json", "", "")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != jsonType || got.body != string(api.Specification()) {
		t.Errorf("%d %s, %d bytes", got.status, got.header.Get("Content-Type"), len(got.body))
	}
}
