package filestore

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// versions are three states of one job, by their revisions.
func versions(t *testing.T) map[string][]byte {
	t.Helper()
	p, now := job.Policy{}.WithDefaults(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	j := p.New(audio("a"), now)
	files := map[string][]byte{"pending": bytesOf(t, j)}
	for _, c := range []job.Change{{Event: job.Claim, WorkerID: "w1"}, success()} {
		c.Now = now.Add(time.Second)
		if err := p.Apply(j, c); err != nil {
			t.Fatal(err)
		}
		files[string(j.Status)] = bytesOf(t, j)
	}
	for _, status := range []string{"pending", "processing", "completed"} { // as the original wrote them
		files["old "+status] = fmt.Appendf(nil, `{"id":"a","status":%q,"content_type":"audio","created_at":"2025-01-15T10:30:00"}`, status)
	}
	return files
}

// TestRecovery opens folders as a crash may have left them.
func TestRecovery(t *testing.T) {
	t.Parallel()
	v := versions(t)
	large := bytesOf(t, sample(`{}`, `"`+strings.Repeat("x", 9000)+`"`))
	torn := func(data []byte) []byte { return data[:len(data)-20] }
	zeros := func(data []byte) []byte { return append(bytes.Clone(data[:len(data)-20]), make([]byte, 20)...) }
	for name, c := range map[string]struct {
		files map[string][]byte
		want  []string // what lies there afterwards
	}{
		"the highest revision counts": {
			map[string][]byte{"pending/a.json": v["pending"], "processing/a.json": v["processing"], "completed/a.json": v["completed"]},
			[]string{"completed/a.json", "corrupt/a.pending.json", "corrupt/a.processing.json"},
		},
		"a revision counts more than a status": {
			map[string][]byte{"pending/a.json": v["pending"], "completed/a.json": v["old completed"]},
			[]string{"corrupt/a.completed.json", "pending/a.json"},
		},
		"without revisions what is over counts": {
			map[string][]byte{"pending/a.json": v["old pending"], "processing/a.json": v["old processing"], "completed/a.json": v["old completed"]},
			[]string{"completed/a.json", "corrupt/a.pending.json", "corrupt/a.processing.json"},
		},
		"without revisions processing counts more than pending": {
			map[string][]byte{"pending/a.json": v["old pending"], "processing/a.json": v["old processing"]},
			[]string{"corrupt/a.pending.json", "processing/a.json"},
		},
		"a torn new file loses": {
			map[string][]byte{"pending/a.json": v["pending"], "processing/a.json": torn(v["processing"])},
			[]string{"corrupt/a.processing.json", "pending/a.json"},
		},
		"a new file of zeros loses": {
			map[string][]byte{"pending/a.json": v["pending"], "processing/a.json": make([]byte, 900)},
			[]string{"corrupt/a.processing.json", "pending/a.json"},
		},
		"an empty new file loses": {
			map[string][]byte{"pending/a.json": v["pending"], "processing/a.json": nil},
			[]string{"corrupt/a.processing.json", "pending/a.json"},
		},
		"an end of zeros is torn": {
			map[string][]byte{"completed/x.json": zeros(large)},
			[]string{"corrupt/x.completed.json"},
		},
		"a missing end is torn": {
			map[string][]byte{"completed/x.json": torn(large)},
			[]string{"corrupt/x.completed.json"},
		},
		"damage in the middle is found where another file can replace it": {
			map[string][]byte{"completed/x.json": bytes.Replace(large, []byte("xxxx"), []byte(`x",x`), 1), "pending/x.json": bytesOf(t, sample(`{}`, ""))},
			[]string{"corrupt/x.completed.json", "pending/x.json"},
		},
		"a file that names two jobs is no candidate": {
			map[string][]byte{"completed/x.json": append(bytes.TrimSuffix(large, []byte("}\n")), `,"id":"y"}`+"\n"...), "pending/x.json": bytesOf(t, sample(`{}`, ""))},
			[]string{"corrupt/x.completed.json", "pending/x.json"},
		},
		"no file of several is whole": {
			map[string][]byte{"pending/a.json": torn(v["pending"]), "processing/a.json": nil},
			[]string{"corrupt/a.pending.json", "corrupt/a.processing.json"},
		},
		"the record decides over its place": {
			map[string][]byte{"failed/a.json": v["processing"]},
			[]string{"processing/a.json"},
		},
		"the record decides over its name": {
			map[string][]byte{"pending/a (copy).json": v["pending"]},
			[]string{"pending/a.json"},
		},
		"a copy of another name loses, an unreadable one makes room": {
			map[string][]byte{"pending/a.json": []byte("{"), "failed/b.json": v["processing"], "processing/a.json": v["old processing"]},
			[]string{"corrupt/a.pending.json", "corrupt/a.processing.json", "processing/a.json"},
		},
		"what was to replace a file goes": {
			map[string][]byte{"pending/a.json": v["pending"], "pending/a.json.tmp": torn(v["pending"])},
			[]string{"pending/a.json"},
		},
		"what is somebody else's stays": {
			map[string][]byte{"pending/a.json": v["pending"], "pending/notes.txt": []byte("x"), "pending/.a.swp": []byte("x"), "pending/a.json.bak": []byte("x"),
				"pending/sub/b.json": []byte("x"), "pending/dir.json/c": []byte("x"), "other/a.json": []byte("x")},
			[]string{"other/a.json", "pending/.a.swp", "pending/a.json", "pending/a.json.bak", "pending/dir.json/c", "pending/notes.txt", "pending/sub/b.json"},
		},
		"nothing in corrupt is overwritten": {
			map[string][]byte{"pending/a.json": []byte("new"), "corrupt/a.pending.json": []byte("old"), "corrupt/a.pending.1.json": []byte("older")},
			[]string{"corrupt/a.pending.1.json", "corrupt/a.pending.2.json", "corrupt/a.pending.json"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, data := range c.files {
				place := filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(place, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			log := openOnce(t, dir)
			if diff := cmp.Diff(c.want, tree(t, dir)); diff != "" {
				t.Fatalf("files (-want +got):\n%s", diff)
			}
			moved := 0
			for _, file := range c.want {
				if strings.HasPrefix(file, "corrupt/") && c.files[file] == nil {
					moved++
				}
			}
			if n := strings.Count(log, "quarantined"); n != moved {
				t.Fatalf("%d of %d moves were logged:\n%s", n, moved, log)
			}
			if again := openOnce(t, dir); again != "" {
				t.Fatalf("opened again it logs:\n%s", again)
			}
		})
	}
}

// openOnce opens and closes a store, and returns what it logged.
func openOnce(t *testing.T, dir string) string {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(Config{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return log.String()
}

// tree lists the files below dir, but for the lock.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && name != ".lock" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// TestNewerFileOfOriginalCounts is about two files of the same status and no revision.
func TestNewerFileOfOriginalCounts(t *testing.T) {
	t.Parallel()
	d := newSimDisk()
	record := func(message string) []byte {
		return fmt.Appendf(nil, `{"id":"a","status":"failed","content_type":"audio","created_at":"2025-01-15T10:30:00","error_message":%q}`, message)
	}
	d.put("failed/a.json", record("older"), time.Unix(1, 0))
	d.put("pending/a.json", record("newer"), time.Unix(2, 0))
	s := d.open(t, Config{})
	j, err := s.Get(context.Background(), "a")
	if err != nil || j.ErrorMessage != "newer" {
		t.Fatalf("%+v, %v", j, err)
	}
	if list := d.list("failed"); !slices.Equal(list, []string{"a.json"}) {
		t.Fatalf("failed holds %v", list)
	}
}

// TestFolderOfPythonOriginal opens a folder that the original has written, leaves its
// files alone, and goes on with its jobs.
func TestFolderOfPythonOriginal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "python"))); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	if log := openOnce(t, dir); log != "" {
		t.Fatalf("logged:\n%s", log)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Fatalf("opening changed the files:\n%s", diff)
	}

	// The clock stands shortly after the last of those jobs was written.
	now := func() time.Time { return time.Date(2025, 1, 15, 10, 32, 0, 0, time.UTC) }
	s, err := Open(Config{Dir: dir, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, id := context.Background(), func(n int) string { return fmt.Sprint("0d4c8a52-6a0e-4a0e-9d0f-7c1f6d1f2a0", n) }
	for n, want := range map[int]job.Status{1: job.Pending, 2: job.Processing, 3: job.Completed, 4: job.Failed, 5: job.Timeout, 6: job.Cancelled} {
		if j, err := s.Get(ctx, id(n)); err != nil || j.Status != want || j.Revision != 0 {
			t.Errorf("job %d is %+v, %v; want %s", n, j, err, want)
		}
	}
	result, err := s.Result(ctx, id(3))
	if err != nil || !strings.Contains(string(result), `"content": "Gr\u00fc\u00dfe aus`) {
		t.Errorf("result %.60s, %v", result, err)
	}
	claimed, err := claim(s, "w1", 5)
	if err != nil || len(claimed) != 1 || claimed[0].ID != id(1) || claimed[0].Attempt != 1 || claimed[0].RetryCount != 1 || claimed[0].Revision != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	// The original's worker names neither attempt nor itself.
	if err := update(s, id(2), job.Change{Event: job.Succeed, Digest: "d", Result: result}); err != nil {
		t.Fatal(err)
	}
	if err := update(s, id(4), job.Change{Event: job.Retry}); err != nil {
		t.Fatal(err)
	}
	want := []string{"cancelled/" + id(6), "completed/" + id(2), "completed/" + id(3), "pending/" + id(4), "processing/" + id(1), "timeout/" + id(5)}
	for i := range want {
		want[i] += ".json"
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, file := range tree(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		all[file] = string(data)
	}
	return all
}

// TestClockStartsAfterTheNewestRecord: a clock that was set back while the store was
// down must not date new jobs before old ones.
func TestClockStartsAfterTheNewestRecord(t *testing.T) {
	t.Parallel()
	d := newSimDisk()
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(t time.Time) func() time.Time { return func() time.Time { return t } }
	s := d.open(t, Config{Now: at(noon)})
	old, err := s.Create(context.Background(), audio("a"))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = d.open(t, Config{Now: at(noon.Add(-time.Hour))})
	j, err := s.Create(context.Background(), audio("b"))
	if err != nil || j.CreatedAt.Before(old.CreatedAt) {
		t.Fatalf("created at %v after %v, %v", j.CreatedAt, old.CreatedAt, err)
	}
	if jobs, err := claim(s, "w1", 2); err != nil || len(jobs) != 2 || jobs[0].ID != "a" {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
}

// TestDowntimeIsNotSilence: lease and confirmation run anew after a restart, the
// deadline does not.
func TestDowntimeIsNotSilence(t *testing.T) {
	t.Parallel()
	d := newSimDisk()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := d.open(t, Config{Now: clock})
	ctx := context.Background()
	for _, id := range []string{"heard", "unheard"} {
		if _, err := s.Create(ctx, audio(id)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Claim(ctx, job.Claimant{WorkerID: "w1", Lease: time.Minute}, []string{"audio"}, 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Alive(ctx, "heard", job.Beat{}); err != nil {
		t.Fatal(err)
	}
	s.Close()

	now = now.Add(30 * time.Minute)
	s = d.open(t, Config{Now: clock})
	if due, wait, err := s.Due(ctx, 10); err != nil || len(due) != 0 || wait != time.Minute {
		t.Fatalf("due at once: %v, %v, %v", due, wait, err)
	}
	now = now.Add(time.Minute)
	if due, wait, err := s.Due(ctx, 10); err != nil || !slices.Equal(due, []job.Due{{ID: "heard", Event: job.LoseLease}}) || wait != time.Minute {
		t.Fatalf("due after the lease: %v, %v, %v", due, wait, err)
	}
	now = now.Add(time.Minute)
	want := []job.Due{{ID: "heard", Event: job.LoseLease}, {ID: "unheard", Event: job.Unconfirmed}}
	if due, _, err := s.Due(ctx, 10); err != nil || !slices.Equal(due, want) {
		t.Fatalf("due after the confirmation: %v, %v", due, err)
	}
	if err := update(s, "unheard", job.Change{Event: job.Unconfirmed}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(28 * time.Minute)
	want = []job.Due{{ID: "heard", Event: job.LoseLease}}
	if due, _, err := s.Due(ctx, 1); err != nil || !slices.Equal(due, want) {
		t.Fatalf("due after an hour: %v, %v", due, err)
	}
	if j, err := s.Get(ctx, "heard"); err != nil || !j.TimeoutAt.Equal(now) {
		t.Fatalf("the deadline has moved: %v, %v", j.TimeoutAt, err)
	}
}

// TestOpenFailsWhenItCannotTidy: a store that cannot move what it must move does not
// pretend to be in order.
func TestOpenFailsWhenItCannotTidy(t *testing.T) {
	t.Parallel()
	v := versions(t)
	for _, op := range []string{"rename", "remove", "syncfolder", "stat"} {
		d := newSimDisk()
		d.put("pending/a.json", v["pending"], time.Unix(1, 0))
		d.put("failed/a.json", v["processing"], time.Unix(2, 0))
		d.put("pending/a.json.tmp", nil, time.Unix(3, 0))
		before := maps.Clone(d.names)
		d.watch(func(o, _ string) error {
			if o == op {
				return fs.ErrPermission
			}
			return nil
		})
		if s, err := open(Config{}, d, func() error { return nil }); err == nil {
			s.Close()
			t.Errorf("opened although %s fails", op)
		}
		d.watch(func(string, string) error { return nil })
		s := d.open(t, Config{})
		if j, err := s.Get(context.Background(), "a"); err != nil || j.Status != job.Processing {
			t.Errorf("after a failed %s: %+v, %v (of %d files)", op, j, err, len(before))
		}
	}
}
