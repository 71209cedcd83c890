package api_test

import (
	"net/http"
	"strings"
	"testing"

	"morag/internal/api"
	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
)

func TestEveryAnswerProtectsBrowsers(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	check := func(what string, h http.Header) {
		t.Helper()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", what, name, got, want)
			}
		}
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy is %q", what, csp)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s is there although no origin is allowed", what, name)
			}
		}
	}
	for _, r := range api.Routes() {
		check(r.Method+" "+r.Path, ask(t, s, r.Method, path(r, "nobody"), "", "").header)
	}
	check("no route", ask(t, s, "GET", "/nothing", "", "").header)
	check("no method", ask(t, s, "OPTIONS", "/health", "", "").header)
	check("a foreign origin", ask(t, s, "GET", "/health", "", "", "Origin", "https://elsewhere.example").header)

	// A stranger's file is saved, and if it is shown after all, a page of nobody's.
	store(t, s.Client, "<script>alert(1)</script> and some words", client.IngestOptions{Options: option.Options{DocumentID: "page"}})
	for _, what := range []string{"source", "content"} {
		got := ask(t, s, "GET", "/api/v1/documents/page/"+what, "", "")
		check(what, got.header)
		if !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: no sandbox", what)
		}
		if what == "source" && !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the source is not an attachment: %q", got.header.Get("Content-Disposition"))
		}
	}
}

func TestAllowedOrigins(t *testing.T) {
	t.Parallel()
	const ours, theirs = "https://app.example", "https://elsewhere.example"
	for name, tt := range map[string]struct {
		allowed []string
		origin  string
		shared  bool
	}{
		"none":              {nil, ours, false},
		"the one":           {[]string{"http://localhost:3000", ours}, ours, true},
		"in capitals":       {[]string{ours}, "https://APP.example", true},
		"another":           {[]string{ours}, theirs, false},
		"one that ends so":  {[]string{ours}, "https://evil-app.example", false},
		"one that goes on":  {[]string{ours}, ours + ".evil.example", false},
		"another scheme":    {[]string{ours}, "http://app.example", false},
		"null":              {[]string{ours}, "null", false},
		"all":               {[]string{"*"}, theirs, true},
		"all, from nowhere": {[]string{"*"}, "null", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := apptest.Settings(t)
			set.CORSOrigins = tt.allowed
			key := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
			s := apptest.Start(t, set)
			first := ask(t, s, "OPTIONS", "/api/v1/tasks", "", "", "Origin", tt.origin,
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization, content-type")
			got := with(t, s, key, "GET", "/api/v1/tasks", "", "Origin", tt.origin)
			if got.status != 200 {
				t.Errorf("with a key: %d %s", got.status, got.body)
			}
			unauthorized := ask(t, s, "GET", "/api/v1/tasks", "", "", "Origin", tt.origin)
			unauthorized.refused(t, "without a key", 401)
			for what, h := range map[string]http.Header{"the answer": got.header, "the refusal": unauthorized.header, "the preflight": first.header} {
				want := ""
				if tt.shared {
					want = tt.origin
				}
				if allow := h.Get("Access-Control-Allow-Origin"); allow != want {
					t.Errorf("%s is shared with %q, want %q", what, allow, want)
				}
				if tt.allowed != nil && h.Get("Vary") != "Origin" {
					t.Errorf("%s: Vary is %q", what, h.Get("Vary"))
				}
				if h.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s allows what a browser sends by itself", what)
				}
			}
			if !tt.shared {
				if first.status == http.StatusNoContent {
					t.Error("the preflight is answered")
				}
				return
			}
			allowed := strings.ToLower(first.header.Get("Access-Control-Allow-Headers"))
			if first.status != http.StatusNoContent || !strings.Contains(allowed, "authorization") || !strings.Contains(first.header.Get("Access-Control-Allow-Methods"), "POST") {
				t.Errorf("the preflight: %d %v", first.status, first.header)
			}
		})
	}
}

// Without keys a foreign page is refused altogether, unless its origin is allowed.
func TestAllowedOriginsWithoutKeys(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.CORSOrigins = []string{"https://app.example"}
	s := apptest.Start(t, set)
	if got := ask(t, s, "GET", "/api/v1/tasks", "", "", "Origin", "https://app.example"); got.status != 200 {
		t.Errorf("the allowed origin: %d %s", got.status, got.body)
	}
	ask(t, s, "GET", "/api/v1/tasks", "", "", "Origin", "https://elsewhere.example").refused(t, "another origin", 403)
}
