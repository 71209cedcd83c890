package api_test

import (
	"net/http"
	"strings"
	"testing"

	"morag/internal/api"
	"morag/internal/app/apptest"
	"morag/internal/auth"
)

// mayCall is who may call what, from section 4 of the wire contract and not from the
// table of routes: o everybody, c clients, w workers; admins may call all.
var mayCall = map[string]string{
	"GET /{$}":                      "o",
	"GET /health":                   "o",
	"GET /health/ready":             "o",
	"GET /api/v1/events":            "",
	"GET /metrics":                  "",
	"POST /api/v1/tasks/bulk":       "c",
	"POST /api/v1/documents/bulk":   "c",
	"POST /api/v1/remote-jobs/bulk": "",
	"POST /api/v1/session":          "o",
	"GET /api/v1/session":           "cw",
	"DELETE /api/v1/session":        "cw",
	"GET /openapi.json":             "o",
	"GET /docs":                     "o",

	"POST /api/v1/remote-jobs":                "",
	"GET /api/v1/remote-jobs":                 "",
	"GET /api/v1/remote-jobs/statistics":      "",
	"POST /api/v1/remote-jobs/cleanup":        "",
	"GET /api/v1/remote-jobs/{id}":            "",
	"POST /api/v1/remote-jobs/{id}/cancel":    "",
	"POST /api/v1/remote-jobs/{id}/retry":     "",
	"POST /api/v1/ingest/url":                 "c",
	"POST /api/v1/ingest/batch":               "c",
	"POST /api/v1/tasks/{id}/redeliver":       "c",
	"POST /process/file":                      "c",
	"POST /process/url":                       "c",
	"POST /process/web":                       "c",
	"POST /process/youtube":                   "c",
	"POST /process/batch":                     "c",
	"POST /api/v1/remote-jobs/{id}/reassign":  "",
	"GET /api/v1/workers":                     "",
	"POST /api/v1/workers/{id}/drain":         "",
	"POST /api/v1/workers/{id}/resume":        "",
	"POST /api/v1/admin/cleanup":              "",
	"POST /api/v1/admin/backups":              "",
	"GET /api/v1/admin/backups/{id}":          "",
	"GET /api/v1/admin/backups/{id}/download": "",
	"DELETE /api/v1/admin/backups/{id}":       "",
	"GET /api/v1/admin/reindex":               "",
	"POST /api/v1/admin/reindex":              "",
	"DELETE /api/v1/admin/reindex":            "",
	"GET /api/v1/remote-jobs/poll":            "w",
	"GET /api/v1/remote-jobs/{id}/download":   "w",
	"PUT /api/v1/remote-jobs/{id}/result":     "w",
	"POST /api/v1/remote-jobs/{id}/heartbeat": "w",
	"POST /api/v1/remote-jobs/{id}/release":   "w",
	"GET /api/v1/remote-jobs/{id}/status":     "cw",

	"POST /api/v1/ingest/file":                  "c",
	"DELETE /api/v1/ingest/{id}":                "c",
	"POST /api/v1/process":                      "c",
	"GET /api/v1/status":                        "c",
	"GET /api/v1/status/{id}/events":            "c",
	"GET /api/v1/status/stats/queues":           "c",
	"GET /api/v1/status/{id}":                   "c",
	"GET /api/v1/tasks":                         "c",
	"POST /api/v1/tasks/{id}/retry":             "c",
	"POST /search":                              "c",
	"POST /api/v1/search":                       "c",
	"POST /api/v1/ask":                          "c",
	"POST /v1/vector_stores/{id}/search":        "c",
	"POST /retrieval":                           "c",
	"POST /v1/audio/transcriptions":             "c",
	"POST /v1/audio/translations":               "c",
	"GET /v1/models":                            "c",
	"GET /v1/models/{id}":                       "c",
	"GET /api/v1/documents":                     "c",
	"GET /api/v1/documents/{id}":                "c",
	"GET /api/v1/documents/{id}/content":        "c",
	"GET /api/v1/documents/{id}/chunks":         "c",
	"GET /api/v1/documents/{id}/segments":       "c",
	"PATCH /api/v1/documents/{id}/segments":     "c",
	"POST /api/v1/uploads":                      "c",
	"HEAD /api/v1/uploads/{id}":                 "c",
	"PATCH /api/v1/uploads/{id}":                "c",
	"DELETE /api/v1/uploads/{id}":               "c",
	"OPTIONS /api/v1/uploads":                   "o",
	"GET /api/v1/documents/{id}/peaks":          "c",
	"GET /api/v1/documents/{id}/transcript":     "c",
	"GET /api/v1/documents/{id}/source":         "c",
	"GET /api/v1/documents/{id}/thumbnails/{n}": "c",
	"DELETE /api/v1/documents/{id}":             "c",
	"POST /mcp":                                 "c",
	"PATCH /api/v1/documents/{id}":              "c",
}

// TestEveryRouteAsksForTheRightKey goes through the whole table with every kind of
// caller.
func TestEveryRouteAsksForTheRightKey(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.RateLimit = 0 // more wrong keys come than ever should
	keys := map[string]string{
		"client":        apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client}),
		"scoped client": apptest.CreateKey(t, set, auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true}),
		"worker":        apptest.CreateKey(t, set, auth.Spec{Name: "gpu", Role: auth.Worker}),
		"admin":         apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin}),
		"revoked":       apptest.CreateKey(t, set, auth.Spec{Name: "gone", Role: auth.Admin}),
		"wrong":         "morag_aaaaaaaa_" + strings.Repeat("a", 52),
		"none":          "",
	}
	keys["half"] = keys["admin"][:40]
	apptest.RevokeKey(t, set, "gone")
	s := apptest.Start(t, set)

	seen := map[string]bool{}
	for _, r := range api.Routes() {
		name := r.Method + " " + r.Path
		seen[name] = true
		who, known := mayCall[name]
		if !known {
			t.Errorf("%s is not in this test's table: who may call it?", name)
			continue
		}
		for kind, key := range keys {
			want := 0
			switch {
			case who == "o", kind == "admin", strings.Contains(kind, "client") && strings.Contains(who, "c"), kind == "worker" && strings.Contains(who, "w"):
			case strings.Contains(kind, "client"), kind == "worker":
				want = http.StatusForbidden
			case name == "POST /retrieval": // as Dify wants it
				want = http.StatusForbidden
			default:
				want = http.StatusUnauthorized
			}
			got := with(t, s, key, r.Method, path(r, "nobody"), "")
			if want == 0 {
				if got.status == http.StatusUnauthorized || got.status == http.StatusForbidden {
					t.Errorf("%s by %s: %d %s", name, kind, got.status, got.body)
				}
				continue
			}
			got.refused(t, name+" by "+kind, want)
			if want == http.StatusUnauthorized && !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s by %s: WWW-Authenticate is %q", name, kind, got.header.Get("WWW-Authenticate"))
			}
		}
	}
	for name := range mayCall {
		if !seen[name] {
			t.Errorf("%s is in this test's table, and no route", name)
		}
	}
}

// with makes a call with a key, "" for none.
func with(t *testing.T, s *apptest.Server, key, method, path, body string, header ...string) answer {
	t.Helper()
	if key != "" {
		header = append(header, "Authorization", "Bearer "+key)
	}
	contentType := ""
	if body != "" {
		contentType = jsonType
	}
	return ask(t, s, method, path, contentType, body, header...)
}

func TestKeysComeInTwoHeaders(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	good := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(t, set)
	for name, tt := range map[string]struct {
		header []string
		want   int
	}{
		"bearer":                       {[]string{"Authorization", "Bearer " + good}, 200},
		"bearer, small and spaced":     {[]string{"Authorization", "  bearer   " + good + " "}, 200},
		"X-API-Key":                    {[]string{"X-API-Key", good}, 200},
		"X-API-Key beside a proxy's":   {[]string{"Authorization", "Basic YTpi", "X-API-Key", good}, 200},
		"the bearer's goes first":      {[]string{"Authorization", "Bearer nonsense", "X-API-Key", good}, 401},
		"no scheme":                    {[]string{"Authorization", good}, 401},
		"another scheme":               {[]string{"Authorization", "Basic " + good}, 401},
		"nothing after the scheme":     {[]string{"Authorization", "Bearer "}, 401},
		"in the address":               {nil, 401},
		"as a cookie":                  {[]string{"Cookie", "api_key=" + good}, 401},
		"twice in one header's value":  {[]string{"X-API-Key", good + "," + good}, 401},
		"a foreign Host, with the key": {[]string{"X-API-Key", good, "Origin", "https://elsewhere.example"}, 200},
	} {
		at := "/api/v1/tasks"
		if name == "in the address" {
			at += "?api_key=" + good + "&token=" + good
		}
		if got := ask(t, s, "GET", at, "", "", tt.header...); got.status != tt.want {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, tt.want)
		}
	}
}

// TestNoRouteIsReachedAroundItsKey tries the spellings of an address that a proxy or a
// router may take for another.
func TestNoRouteIsReachedAroundItsKey(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(t, set)
	for _, at := range []string{
		"/api/v1/tasks/", "//api/v1/tasks", "/api/v1//tasks", "/health/../api/v1/tasks", "/api/v1/./tasks", "/%61pi/v1/tasks",
		"/api/v1/tasks?token=x", "/health/..%2fapi/v1/tasks", "/API/V1/tasks", "/api/v1/tasks;/health", "/health;/../api/v1/tasks",
	} {
		if got := ask(t, s, "GET", at, "", ""); got.status != 401 && got.status != 404 {
			t.Errorf("GET %s without a key: %d %s", at, got.status, got.body)
		}
	}
	for _, override := range []string{"X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-For"} {
		if got := ask(t, s, "GET", "/api/v1/tasks", "", "", override, "/health"); got.status != 401 {
			t.Errorf("with %s: %d", override, got.status)
		}
	}
}
