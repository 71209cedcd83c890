package filestore

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/job"
)

// TestAnOlderProgramErasesNothing: the fields that a newer program has written live
// through every change that this one makes of the job.
func TestAnOlderProgramErasesNothing(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	s, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(ctx, audio("a")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	path := filepath.Join(dir, "pending", "a.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(string(data), `"task_options"`, `"quota":{"gpu":[1,2]},"task_options"`, 1)
	if err := os.WriteFile(path, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}

	if s, err = Open(Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	kept := func(folder string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, folder, "a.json"))
		var record map[string]json.RawMessage
		if err != nil || json.Unmarshal(data, &record) != nil || string(record["quota"]) != `{"gpu":[1,2]}` {
			t.Fatalf("the file in %s holds %s, %v", folder, data, err)
		}
	}
	if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 1 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
	kept("processing")
	if _, err := s.Alive(ctx, "a", job.Beat{WorkerID: "w1"}); err != nil {
		t.Fatal(err)
	}
	kept("processing")
	// Large enough to be written apart from its head, and read without it.
	long := json.RawMessage(`"` + strings.Repeat("long ", 50_000) + `"`)
	if err := update(s, "a", job.Change{Event: job.Succeed, Attempt: 1, Digest: "d", Result: long}); err != nil {
		t.Fatal(err)
	}
	kept("completed")
	if result, err := s.Result(ctx, "a"); err != nil || string(result) != string(long) {
		t.Fatalf("the result has %d bytes, %v", len(result), err)
	}
}
