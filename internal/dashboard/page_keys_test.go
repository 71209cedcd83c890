package dashboard_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
)

// keyText is a key as a page shows it once.
var keyText = regexp.MustCompile(`morag_[a-z2-7]{8}_[a-z2-7]{52}`)

// TestKeys: a key is shown once, is good at once, and ends at once.
func TestKeys(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	b := logsIn(t, s, keys[auth.Admin])
	token := b.token()
	form := func(pairs ...string) url.Values {
		f := url.Values{"csrf": {token}, "back": {"/ui/keys"}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	got := b.post("/ui/keys", form("name", "bob", "role", "client", "scope", "all"))
	made := keyText.FindString(got.body)
	if got.status != 200 || made == "" {
		t.Fatalf("made: %d %s", got.status, got.body)
	}
	if tasks, err := s.As(made).QueueStats(t.Context()); err != nil {
		t.Errorf("the key is not good at once: %v %v", tasks, err)
	}
	list := b.get("/ui/keys").body
	if strings.Contains(list, made) || !strings.Contains(list, "bob") || !strings.Contains(list, "everybody's") {
		t.Error("the list shows the key's text, or not the key")
	}
	worker := b.post("/ui/workers/key", form("name", "gpu-2")).body
	if !strings.Contains(worker, "MORAG_API_KEY="+keyText.FindString(worker)+" morag worker --api-base-url "+s.URL) {
		t.Errorf("the command is not there: %s", worker)
	}
	for _, wrong := range []url.Values{form("name", evil, "role", "client"), form("name", "", "role", "client"), form("name", "x", "role", "king"), form("name", "bob", "role", "admin")} {
		if got := b.post("/ui/keys", wrong); got.status != 303 || !strings.Contains(b.get("/ui/keys").body, `class="told bad"`) {
			t.Errorf("%v is taken: %d", wrong, got.status)
		}
	}

	id := strings.Split(made, "_")[1]
	if got := b.post("/ui/keys/revoke", form("id", id)); got.status != 200 || !strings.Contains(got.body, "Revoke the key of bob?") {
		t.Errorf("asked: %d %s", got.status, got.body)
	}
	if _, err := s.As(made).QueueStats(t.Context()); err != nil {
		t.Errorf("revoked before anybody was sure: %v", err)
	}
	b.post("/ui/keys/revoke", form("id", id, "sure", "1"))
	if _, err := s.As(made).QueueStats(t.Context()); err == nil {
		t.Error("the revoked key is good")
	}
	own := strings.Split(keys[auth.Admin], "_")[1]
	if got := b.post("/ui/keys/revoke", form("id", own)); !strings.Contains(got.body, "the last admin") {
		t.Errorf("the last admin's: %s", got.body)
	}
	for _, role := range []auth.Role{auth.Client, auth.Worker} {
		other := logsIn(t, s, keys[role])
		if got := other.post("/ui/keys", url.Values{"csrf": {other.token()}, "name": {"mallory"}, "role": {"admin"}}); got.status != 403 || keyText.MatchString(got.body) {
			t.Errorf("a %s makes a key: %d", role, got.status)
		}
	}
}

// TestFirstKey: the first key is an admin's, and locks the door behind it.
func TestFirstKey(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	b := newBrowser(t, s)
	if got := b.post("/ui/keys", url.Values{"name": {"bob"}, "role": {"client"}, "back": {"/ui/keys"}}); got.status != 303 {
		t.Errorf("a client's: %d", got.status)
	}
	if got := b.get("/ui/keys"); got.status != 200 || !strings.Contains(got.body, "The first key must be an admin") {
		t.Errorf("a client's: %d %s", got.status, got.body)
	}
	got := b.post("/ui/keys", url.Values{"name": {"ada"}, "role": {"admin"}})
	made := keyText.FindString(got.body)
	if made == "" || !strings.Contains(got.body, "from here on every caller needs one") {
		t.Fatalf("an admin's: %d %s", got.status, got.body)
	}
	if got := b.get("/ui/keys"); got.status != 303 {
		t.Errorf("without it: %d", got.status)
	}
	if got := logsIn(t, s, made).get("/ui/keys"); got.status != 200 {
		t.Errorf("with it: %d", got.status)
	}
}
