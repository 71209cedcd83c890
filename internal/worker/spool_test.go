package worker

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// TestSpoolAway: a disk that was unmounted takes no result with it, which may be the work of
// hours: it is waited for as one whose server is away.
func TestSpoolAway(t *testing.T) {
	t.Parallel()
	s, err := openSpool(t.TempDir(), "http://server.invalid", "w", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	f, err := s.create(claim{JobID: "j1", Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.saveResult([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	away := t.TempDir()
	names := []string{lockFile, f.name}
	move := func(from, to string) {
		t.Helper()
		for _, name := range names {
			if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(s.dir, away)
	if _, _, err := f.openResult(); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("while it is away: %v", err)
	}
	move(away, s.dir)
	file, _, err := f.openResult()
	if err != nil {
		t.Fatal("once it is back: ", err)
	}
	_ = file.Close()
	if err := s.root.Remove(f.file(resultFile)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.openResult(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a result that is gone: %v", err)
	}
}
