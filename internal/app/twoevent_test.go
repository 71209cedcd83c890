package app_test

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/client"
)

// Who listens at one server hears of what the other does.
func TestTwoTellOfEachOther(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.b.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	until := func(words string) bool {
		for lines.Scan() {
			if strings.Contains(lines.Text(), words) {
				return true
			}
		}
		return false
	}
	if !until("event: stats") {
		t.Fatal("the stream does not begin")
	}
	file := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(file, []byte("some words"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := s.a.IngestFile(t.Context(), file, client.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		if !until(`"task_id":"` + made.TaskID + `"`) {
			t.Fatal("the stream ended before the task")
		}
		if strings.Contains(lines.Text(), `"status":"SUCCESS"`) {
			break
		}
	}
}
