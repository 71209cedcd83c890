package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// browser is one that has logged in.
type browser struct {
	*testing.T
	*apptest.Server
	cookie string
	wire.Session
}

// logsIn logs a browser in by a key.
func logsIn(t *testing.T, s *apptest.Server, key string) browser {
	t.Helper()
	got := ask(t, s, "POST", "/api/v1/session", jsonType, `{"api_key": "`+key+`"}`, "Origin", s.URL)
	if got.status != 200 {
		t.Fatalf("log in: %d %s", got.status, got.body)
	}
	b := browser{T: t, Server: s}
	if err := json.Unmarshal([]byte(got.body), &b.Session); err != nil {
		t.Fatal(err)
	}
	c, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
	if err != nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 43 || strings.Contains(got.body, c.Value) {
		t.Fatalf("the cookie is %q (%v), the answer %s", got.header.Get("Set-Cookie"), err, got.body)
	}
	if in := time.Until(c.Expires); in < auth.SessionTime-5*time.Minute || in > auth.SessionTime+time.Minute {
		t.Errorf("the cookie lasts until %v", c.Expires)
	}
	b.cookie = c.Name + "=" + c.Value
	return b
}

// does makes a call by the session alone.
func (b browser) does(want int, method, path string, header ...string) answer {
	b.Helper()
	got := ask(b.T, b.Server, method, path, "", "", append(header, "Cookie", b.cookie)...)
	if got.status != want {
		b.Errorf("%s %s with %q: %d %s, want %d", method, path, header, got.status, got.body, want)
	}
	return got
}

func TestSessions(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin})
	s := apptest.Start(t, set)

	b := logsIn(t, s, alice)
	if b.Name != "alice" || b.Role != "client" || b.CSRFToken == "" || b.ExpiresAt == nil {
		t.Errorf("logged in as %+v", b.Session)
	}
	b.does(200, "GET", "/api/v1/tasks")
	b.does(403, "GET", "/api/v1/workers").refused(t, "an admin's call", 403)
	var shown wire.Session
	if err := json.Unmarshal([]byte(b.does(200, "GET", "/api/v1/session").body), &shown); err != nil || shown.CSRFToken != b.CSRFToken || shown.Name != "alice" {
		t.Errorf("shown is %+v (%v)", shown, err)
	}

	// A page plays a recording from a second on.
	store(t, s.As(alice), "the sound of a talk", client.IngestOptions{Options: option.Options{DocumentID: "talk"}})
	if part := b.does(206, "GET", "/api/v1/documents/talk/source", "Range", "bytes=4-8"); part.body != "sound" || part.header.Get("Content-Range") != "bytes 4-8/19" {
		t.Errorf("a part of the source: %q %v", part.body, part.header)
	}

	// What changes something needs the token; what other pages send is refused.
	const change = "/api/v1/ingest/nothing"
	b.does(403, "DELETE", change).refused(t, "without the token", 403)
	b.does(403, "DELETE", change, "X-CSRF-Token", "wrong")
	b.does(403, "DELETE", change, "X-CSRF-Token", logsIn(t, s, alice).CSRFToken).refused(t, "with another session's", 403)
	b.does(404, "DELETE", change, "X-CSRF-Token", b.CSRFToken)
	b.does(404, "DELETE", change, "X-CSRF-Token", b.CSRFToken, "Origin", s.URL)
	b.does(403, "DELETE", change, "X-CSRF-Token", b.CSRFToken, "Origin", "https://elsewhere.example")
	b.does(403, "GET", "/api/v1/tasks", "Origin", "https://elsewhere.example")
	b.does(403, "GET", "/api/v1/tasks", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")
	b.does(403, "GET", "/api/v1/tasks", "Origin", "null")
	// A key that is sent counts, whatever cookie comes with it.
	b.does(404, "DELETE", change, "X-API-Key", alice)
	b.does(401, "GET", "/api/v1/tasks", "X-API-Key", alice+"x")

	// Logging out ends the session, and no other one.
	other := logsIn(t, s, alice)
	b.does(403, "DELETE", "/api/v1/session")
	if gone := b.does(200, "DELETE", "/api/v1/session", "X-CSRF-Token", b.CSRFToken); !strings.Contains(gone.header.Get("Set-Cookie"), "morag_session=; Path=/; Expires=Thu, 01 Jan 1970") {
		t.Errorf("the browser keeps its cookie: %q", gone.header.Get("Set-Cookie"))
	}
	b.does(401, "GET", "/api/v1/tasks").refused(t, "after logging out", 401)
	other.does(200, "GET", "/api/v1/tasks")

	for what, cookie := range map[string]string{"made up": "morag_session=" + strings.Repeat("a", 43), "the key": "morag_session=" + alice} {
		ask(t, s, "GET", "/api/v1/tasks", "", "", "Cookie", cookie).refused(t, what, 401)
	}

	// The session ends with its key, also for a stream that is open.
	apptest.RevokeKey(t, set, "alice")
	for late := time.Now().Add(time.Minute); ask(t, s, "GET", "/api/v1/tasks", "", "", "Cookie", other.cookie).status != 401; {
		if time.Now().After(late) {
			t.Fatal("the session is good although its key has been revoked")
		}
	}
	other.does(401, "GET", "/api/v1/session").refused(t, "with a revoked key", 401)
}

func TestLoggingInIsRefused(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	keyless := apptest.Start(t, set)
	ask(t, keyless, "POST", "/api/v1/session", jsonType, `{"api_key": "x"}`).refused(t, "without keys", 409)
	if got := ask(t, keyless, "GET", "/api/v1/session", "", "", "Cookie", "morag_session=x"); got.status != 200 || !strings.Contains(got.body, `"csrf_token":""`) {
		t.Errorf("without keys the session is %d %s", got.status, got.body)
	}

	set = apptest.Settings(t)
	set.RateLimit = 0.01 // one wrong key, and for a minute no other
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(t, set)
	ask(t, s, "POST", "/api/v1/session", jsonType, `{"api_key": "`+alice+`"}`, "Origin", "https://elsewhere.example").refused(t, "from elsewhere", 403)
	ask(t, s, "POST", "/api/v1/session", jsonType, `{}`).refused(t, "without a key", 422)
	ask(t, s, "POST", "/api/v1/session", jsonType, `{"api_key": 5}`).refused(t, "a number", 422)
	wrong := func() int {
		return ask(t, s, "POST", "/api/v1/session", jsonType, `{"api_key": "morag_aaaaaaaa_`+strings.Repeat("a", 52)+`"}`).status
	}
	if got := wrong(); got != 401 {
		t.Errorf("a wrong key: %d", got)
	}
	for tries := 0; wrong() != 429; tries++ {
		if tries == 20 {
			t.Fatal("wrong keys may be tried without end")
		}
	}
	logsIn(t, s, alice) // whoever has the right one is not held up
}
