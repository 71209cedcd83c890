package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

func openDir(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(Config{Dir: dir, Now: ticking()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestOneStorePerFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openDir(t, dir)
	if _, err := Open(Config{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Fatalf("the second Open: %v, want ErrLocked", err)
	}
	if _, err := s.Create(context.Background(), audio("a")); err != nil {
		t.Fatalf("the first store after the refusal: %v", err)
	}
	other := childCommand("open", dir)
	other.Stderr = nil
	out, err := other.CombinedOutput()
	if err == nil || !strings.Contains(string(out), ErrLocked.Error()) {
		t.Fatalf("another process: %s, %v", out, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(context.Background(), "a"); !errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("after Close: %v", err)
	}
	if err := s.Health(); !errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("Health after Close: %v", err)
	}
	openDir(t, dir)
}

// TestLayout walks a job through every folder. Nobody else may read what is in them.
func TestLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openDir(t, dir)
	if _, err := s.Create(context.Background(), audio("a")); err != nil {
		t.Fatal(err)
	}
	at := func(status job.Status) {
		t.Helper()
		if diff := cmp.Diff([]string{string(status) + "/a.json"}, tree(t, dir)); diff != "" {
			t.Fatalf("files (-want +got):\n%s", diff)
		}
	}
	at(job.Pending)
	for _, step := range []struct {
		change job.Change
		want   job.Status
	}{
		{job.Change{Event: job.Reassign, Assignee: "w1"}, job.Pending},
		{job.Change{Event: job.Claim, WorkerID: "w1"}, job.Processing},
		{job.Change{Event: job.Confirm, Attempt: 1}, job.Processing},
		{job.Change{Event: job.Fail, Attempt: 1, Digest: "x", Final: true}, job.Failed},
		{job.Change{Event: job.Retry}, job.Pending},
		{job.Change{Event: job.Cancel}, job.Cancelled},
		{job.Change{Event: job.Retry}, job.Pending},
		{job.Change{Event: job.Claim, WorkerID: "w1"}, job.Processing},
		{job.Change{Event: job.Succeed, Attempt: 2, Digest: "y", Result: result}, job.Completed},
	} {
		if err := update(s, "a", step.change); err != nil {
			t.Fatal(err)
		}
		at(step.want)
	}
	if runtime.GOOS != "windows" {
		checkModes(t, dir)
	}
	if err := s.Delete(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Fatalf("left: %v", left)
	}
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNamesStayInside: an id becomes a file's name.
func TestNamesStayInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openDir(t, dir)
	ctx := context.Background()
	for _, id := range []string{"", "../x", "a/b", `a\b`, "a.b", "a\x00b", strings.Repeat("x", 129)} {
		if _, err := s.Create(ctx, audio(id)); err == nil {
			t.Errorf("created %q", id)
		}
		if _, err := s.Get(ctx, id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("Get %q: %v", id, err)
		}
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Fatalf("left: %v", left)
	}
	if _, err := s.Create(ctx, audio(strings.Repeat("x", 128))); err != nil {
		t.Fatal(err)
	}
}

// TestSyncsAreMeasured: a creation syncs a file and a folder.
func TestSyncsAreMeasured(t *testing.T) {
	t.Parallel()
	var syncs, spent atomic.Int64
	s, err := Open(Config{Dir: t.TempDir(), Now: ticking(), Synced: func(d time.Duration) {
		syncs.Add(1)
		spent.Add(int64(d))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Create(context.Background(), audio("a")); err != nil {
		t.Fatal(err)
	}
	if syncs.Load() != 2 || spent.Load() < int64(2*time.Second) {
		t.Fatalf("%d syncs took %v", syncs.Load(), time.Duration(spent.Load()))
	}
}

// spoil damages a job's file behind the store's back.
var spoil = map[string]func(name string) error{
	"torn":    func(name string) error { return os.Truncate(name, 100) },
	"emptied": func(name string) error { return os.Truncate(name, 0) },
	"zeroed":  func(name string) error { return os.WriteFile(name, make([]byte, 500), 0o600) },
	"gone":    os.Remove,
	"another's": func(name string) error {
		return os.WriteFile(name, []byte(`{"id":"b","status":"pending","revision":1,"created_at":"2026-05-01T12:00:00Z","result_data":null}`), 0o600)
	},
}

// TestDamageFoundLater: a job whose file turns out to be unreadable is given up, and
// stops nothing.
func TestDamageFoundLater(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	finders := map[string]func(*Store) error{
		"Get":    func(s *Store) error { _, err := s.Get(ctx, "a"); return err },
		"Update": func(s *Store) error { return update(s, "a", job.Change{Event: job.Cancel}) },
		"Alive":  func(s *Store) error { _, err := s.Alive(ctx, "a", job.Beat{}); return err },
		"Result": func(s *Store) error { _, err := s.Result(ctx, "a"); return err },
	}
	for how, damage := range spoil {
		for name, find := range finders {
			t.Run(fmt.Sprintf("%s, found by %s", how, name), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				s := openDir(t, dir)
				for _, id := range []string{"a", "b"} {
					if _, err := s.Create(ctx, audio(id)); err != nil {
						t.Fatal(err)
					}
				}
				if err := damage(filepath.Join(dir, "pending", "a.json")); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := find(s); !errors.Is(err, job.ErrNotFound) {
						t.Fatalf("returned %v", err)
					}
				}
				if got := len(tree(t, filepath.Join(dir, corruptFolder))); got != 1 && how != "gone" {
					t.Fatalf("%d files quarantined", got)
				}
				stats, err := s.Stats(ctx)
				if err != nil || stats.Status[job.Pending] != 1 {
					t.Fatalf("%+v, %v", stats, err)
				}
				if jobs, err := claim(s, "w1", 2); err != nil || len(jobs) != 1 || jobs[0].ID != "b" {
					t.Fatalf("claimed %v, %v", jobs, err)
				}
				if _, err := s.Create(ctx, audio("a")); err != nil {
					t.Fatalf("its id is not free: %v", err)
				}
			})
		}
	}
}

func TestClaimPassesDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openDir(t, dir)
	ids := []string{"a", "b", "c", "d", "e"}
	for _, id := range ids {
		if _, err := s.Create(context.Background(), audio(id)); err != nil {
			t.Fatal(err)
		}
	}
	for id, how := range map[string]string{"a": "torn", "b": "gone", "d": "zeroed"} {
		if err := spoil[how](filepath.Join(dir, "pending", id+".json")); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"c", "e"} {
		if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 1 || jobs[0].ID != want {
			t.Fatalf("claimed %v, %v, want %s", jobs, err, want)
		}
	}
	if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 0 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
}

// TestForeignFileIsNotOverwritten: somebody may put a file into a folder while the
// store has it open.
func TestForeignFileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openDir(t, dir)
	for _, folder := range []string{"pending", "processing"} {
		if err := os.WriteFile(filepath.Join(dir, folder, "a.json"), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Create(context.Background(), audio("a")); err != nil {
		t.Fatal(err)
	}
	if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 1 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
	files := contents(t, dir)
	if files["corrupt/a.pending.json"] != "precious" || files["corrupt/a.processing.json"] != "precious" || len(files) != 3 {
		t.Fatalf("files: %v", files)
	}
}

// TestFolderAway: a disk that was unmounted takes no job with it. Every call says that
// the job cannot be read or removed, and once the folder is back, so is the job.
func TestFolderAway(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	s := openDir(t, dir)
	if _, err := s.Create(ctx, audio("a")); err != nil {
		t.Fatal(err)
	}
	folder, away := filepath.Join(dir, "pending"), filepath.Join(dir, "away")
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "a"); !errors.Is(err, job.ErrRead) {
		t.Errorf("reading: %v, want ErrRead", err)
	}
	if err := s.Delete(ctx, "a"); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("deleting: %v", err)
	}
	if err := os.Rename(away, folder); err != nil {
		t.Fatal(err)
	}
	if j, err := s.Get(ctx, "a"); err != nil || j.Status != job.Pending {
		t.Errorf("after the folder is back: %+v, %v", j, err)
	}
	if err := os.Remove(filepath.Join(folder, "a.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "a"); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("a file that is gone from a folder that is there: %v, want ErrNotFound", err)
	}
}
