package dashboard_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
)

// ingested hands a file in by the key and waits for its end.
func ingested(t *testing.T, s *apptest.Server, key, name, content string) (taskID string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c := s.As(key)
	in, err := c.IngestFile(t.Context(), file, client.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitTask(t.Context(), in.TaskID, nil); err != nil {
		t.Fatal(err)
	}
	return in.TaskID
}

// TestIngestions: a client sees, and changes, its own and nobody else's.
func TestIngestions(t *testing.T) {
	t.Parallel()
	s, keys := keyed(t)
	mine := ingested(t, s, keys[auth.Client], "harbour.md", "# The harbour\n\nBoats come in at dawn.\n")
	broken := ingested(t, s, keys[auth.Client], "broken.pdf", "%PDF-1.4 which is none")
	theirs := ingested(t, s, keys[auth.Admin], "secret.md", "# Nobody's business\n")

	b := logsIn(t, s, keys[auth.Client])
	list := b.get("/ui/ingestions").body
	if !strings.Contains(list, "harbour.md") || !strings.Contains(list, "broken.pdf") || strings.Contains(list, "secret.md") {
		t.Errorf("a client's list: %s", list)
	}
	if got := b.get("/ui/ingestions?status=FAILURE").body; strings.Contains(got, "harbour.md") || !strings.Contains(got, "broken.pdf") {
		t.Errorf("the failed ones: %s", got)
	}
	for path, want := range map[string][]string{
		"/ui/ingestions/" + mine:   {"Boats come in at dawn.", ">done<", "converted", "handed in"},
		"/ui/ingestions/" + broken: {"The PDF is truncated", "hand in a whole copy", "Try again"},
	} {
		got := b.get(path)
		for _, w := range want {
			if !strings.Contains(got.body, w) {
				t.Errorf("%s does not tell %q", path, w)
			}
		}
	}
	token := b.token()
	if got := b.get("/ui/ingestions/" + theirs); got.status != 404 {
		t.Errorf("another's: %d", got.status)
	}
	b.post("/ui/ingestions/"+theirs+"/cancel", url.Values{"csrf": {token}, "back": {"/ui/ingestions"}})
	if got := b.get("/ui/ingestions"); !strings.Contains(got.body, "There is no such task") {
		t.Errorf("another's is called off: %s", got.body)
	}
	b.post("/ui/ingestions/"+mine+"/cancel", url.Values{"csrf": {token}, "back": {"/ui/ingestions"}})
	if got := b.get("/ui/ingestions"); !strings.Contains(got.body, `class="told bad"`) {
		t.Errorf("what is done is called off: %s", got.body)
	}
	if got := b.get("/ui/ingestions/confirm?action=retry&all=1&status=FAILURE"); !strings.Contains(got.body, "Retry 1 ingestion?") {
		t.Errorf("confirmed as %s", got.body)
	}
	b.post("/ui/ingestions/many", url.Values{"csrf": {token}, "action": {"retry"}, "all": {"1"}, "status": {"FAILURE"}, "back": {"/ui/ingestions"}})
	if got := b.get("/ui/ingestions"); !strings.Contains(got.body, "With 1 of them it could not be done") {
		t.Errorf("retried: %s", got.body)
	}
	operator := logsIn(t, s, keys[auth.Admin]).get("/ui/ingestions").body
	if !strings.Contains(operator, "harbour.md") || !strings.Contains(operator, "secret.md") || !strings.Contains(operator, "the-client") {
		t.Errorf("an admin's list: %s", operator)
	}
}
