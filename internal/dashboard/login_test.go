package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/dashboard"
)

// keyed is a server with a key of each role.
func keyed(t *testing.T) (s *apptest.Server, keys map[auth.Role]string) {
	t.Helper()
	set := apptest.Settings(t)
	keys = map[auth.Role]string{}
	for _, role := range auth.Roles() {
		keys[role] = apptest.CreateKey(t, set, auth.Spec{Name: "the-" + string(role), Role: role})
	}
	return apptest.Start(t, set), keys
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	b := newBrowser(t, s)
	if got := b.get("/ui"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/ui/login" {
		t.Errorf("without a key: %d %q", got.status, got.header.Get("Location"))
	}
	if got := b.get("/ui/login"); got.status != 200 || strings.Contains(got.body, `id="menu"`) {
		t.Errorf("the page to log in: %d %s", got.status, got.body)
	}
	if got := b.post("/ui/login", url.Values{"key": {evil}}); got.status != http.StatusUnauthorized || !strings.Contains(got.body, `role="alert"`) || len(b.cookies) > 0 {
		t.Errorf("with a wrong key: %d %s", got.status, got.body)
	}
	for next, to := range map[string]string{
		"/ui?span=week": "/ui?span=week", "": "/ui", "https://elsewhere.example/ui": "/ui", "//elsewhere.example/ui": "/ui",
		"/\\elsewhere.example/ui": "/ui", "/docs": "/ui", "javascript:alert(1)": "/ui",
	} {
		got := newBrowser(t, s).post("/ui/login", url.Values{"key": {" " + keys[auth.Admin] + "\n"}, "next": {next}})
		if got.status != http.StatusSeeOther || got.header.Get("Location") != to {
			t.Errorf("logged in with next %q: %d %q, want %q", next, got.status, got.header.Get("Location"), to)
		}
	}

	b = logsIn(t, s, keys[auth.Admin])
	if got := b.get("/ui"); got.status != 200 || !strings.Contains(got.body, "the-admin") || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("logged in: %d %s", got.status, got.body)
	}
	if got := b.get("/ui/login"); got.status != http.StatusSeeOther {
		t.Errorf("the page to log in, logged in: %d", got.status)
	}
	if got := b.post("/ui/logout", url.Values{"csrf": {"wrong"}}); got.status == http.StatusSeeOther && b.get("/ui").status != 200 {
		t.Error("logged out without the token")
	}
	b.post("/ui/logout", url.Values{"csrf": {b.token()}})
	if got := b.get("/ui"); got.status != http.StatusSeeOther {
		t.Errorf("logged out: %d", got.status)
	}
	if got := b.get("/ui", "HX-Request", "true"); got.status != http.StatusUnauthorized || got.header.Get("HX-Redirect") != "/ui/login" {
		t.Errorf("a part of a page, logged out: %d %q", got.status, got.header.Get("HX-Redirect"))
	}
}

// address is one that fits a pattern.
func address(pattern string) string {
	at := strings.NewReplacer("{id}", "nothing").Replace(pattern)
	if strings.HasSuffix(at, "/confirm") {
		at += "?id=nothing&action=" + map[bool]string{true: "delete", false: "cancel"}[strings.Contains(at, "library")]
	}
	return at
}

// TestWhoOpensWhat: every page in every role, and without keys.
func TestWhoOpensWhat(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	open := map[string]string{ // by path, whom: a admin, c client, w worker
		"/ui": "acw", "/ui/upload": "ac", "/ui/search": "ac", "/ui/library": "ac", "/ui/library/{id}": "ac", "/ui/library/confirm": "ac",
		"/ui/jobs": "a", "/ui/jobs/{id}": "a", "/ui/jobs/confirm": "a",
		"/ui/ingestions": "ac", "/ui/ingestions/{id}": "ac", "/ui/ingestions/confirm": "ac", "/ui/workers": "a", "/ui/keys": "a", "/ui/settings": "a",
	}
	for _, path := range dashboard.Paths() {
		whom, known := open[path]
		if !known {
			t.Errorf("%s: nothing says who opens it", path)
		}
		at := address(path)
		if got := newBrowser(t, s).get(at); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/ui/login") {
			t.Errorf("%s without a key: %d", at, got.status)
		}
		for _, role := range auth.Roles() {
			got := logsIn(t, s, keys[role]).get(at)
			if may := strings.Contains(whom, string(role)[:1]); (got.status == http.StatusForbidden) == may || got.status >= 500 {
				t.Errorf("%s for a %s: %d", at, role, got.status)
			}
		}
	}
}

// TestForms: what changes something comes from a page of the session's own.
func TestForms(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	b := logsIn(t, s, keys[auth.Admin])
	for _, path := range dashboard.Forms() {
		at := address(path)
		if got := b.post(at, url.Values{}); got.status != http.StatusForbidden {
			t.Errorf("%s without the token: %d", at, got.status)
		}
		if got := b.post(at, url.Values{"csrf": {logsIn(t, s, keys[auth.Admin]).token()}}); got.status != http.StatusForbidden {
			t.Errorf("%s with another session's token: %d", at, got.status)
		}
		if got := newBrowser(t, s).post(at, url.Values{}); got.status != http.StatusSeeOther {
			t.Errorf("%s without a key: %d", at, got.status)
		}
	}
	for _, path := range append(dashboard.Forms(), "/ui/login", "/ui/logout", "/ui/theme") {
		at := address(path)
		for _, foreign := range [][]string{{"Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"}, {"Origin", "https://elsewhere.example", "Sec-Fetch-Site", ""}} {
			if got := b.ask("POST", at, "theme=dark", foreign...); got.status != http.StatusForbidden {
				t.Errorf("%s from elsewhere: %d", at, got.status)
			}
		}
	}
}

// TestWithoutKeys: nobody needs to log in, and no other site's page can do anything.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	b := newBrowser(t, s)
	for _, path := range dashboard.Paths() {
		if strings.Contains(path, "{") {
			continue
		}
		path = address(path)
		if got := b.get(path); got.status != 200 || strings.Contains(got.body, "/ui/logout") {
			t.Errorf("%s: %d", path, got.status)
		}
		if got := b.get(path, "Host", "elsewhere.example", "Origin", "https://elsewhere.example"); got.status != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, got.status)
		}
	}
	if got := b.get("/ui/login"); got.status != http.StatusSeeOther {
		t.Errorf("the page to log in: %d", got.status)
	}
	if got := b.get("/"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/ui" {
		t.Errorf("/ for a browser: %d", got.status)
	}
	if got := b.get("/ui/"); got.status != 200 {
		t.Errorf("with a slash: %d", got.status)
	}
	if got := b.get("/ui/nothing"); got.status != http.StatusNotFound || !strings.Contains(got.body, "There is no such page") {
		t.Errorf("no page: %d %s", got.status, got.body)
	}
}

func TestTheme(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	b := newBrowser(t, s)
	for _, tt := range []struct{ chosen, want string }{{"", "auto"}, {"dark", "dark"}, {evil, "dark"}, {"light", "light"}, {"auto", "auto"}} {
		if tt.chosen != "" {
			if got := b.post("/ui/theme", url.Values{"theme": {tt.chosen}, "back": {"/ui?span=day"}}); got.header.Get("Location") != "/ui?span=day" {
				t.Errorf("back to %q", got.header.Get("Location"))
			}
		}
		if got := b.get("/ui"); !strings.Contains(got.body, `data-theme="`+tt.want+`"`) {
			t.Errorf("chosen %q: %.80s", tt.chosen, got.body)
		}
	}
}

// TestFirstLoad: all that the first page takes is small, is kept by the browser, and holds up
// nothing.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	b := newBrowser(t, s)
	page := b.get("/ui", "Accept-Encoding", "gzip")
	total := len(page.body)
	plain := b.get("/ui").body
	for _, part := range strings.Split(plain, `"/ui/asset/`)[1:] {
		path, _, _ := strings.Cut(part, `"`)
		got := b.get("/ui/asset/"+path, "Accept-Encoding", "gzip")
		if got.status != 200 || got.header.Get("Content-Encoding") != "gzip" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		total += len(got.body)
	}
	for _, script := range strings.Split(plain, "<script ")[1:] {
		if tag, _, _ := strings.Cut(script, ">"); !strings.HasSuffix(tag, " defer") {
			t.Errorf("a script holds the page up: %s", tag)
		}
	}
	t.Logf("%d bytes", total)
	if total > 150<<10 {
		t.Errorf("%d bytes", total)
	}
	if got := b.get("/ui/asset/stale/app.css"); got.status != 200 || got.header.Get("Cache-Control") != "" {
		t.Errorf("a file of another version: %d %q", got.status, got.header.Get("Cache-Control"))
	}
	if got := b.get("/ui/asset/x/nothing"); got.status != 404 {
		t.Errorf("no file: %d", got.status)
	}
}
