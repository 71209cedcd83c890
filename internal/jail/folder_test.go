package jail

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/content"
)

// What a pool that was killed has left goes when the next one is made beside it, and what
// belongs to one that lives stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	living, err := openRoot(parent)
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(parent, rootPrefix+"dead")
	foreign := filepath.Join(parent, "morag-other")
	for _, dir := range []string{filepath.Join(dead, "child-1", "tmp"), foreign} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dead, ".lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := openRoot(parent)
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{living.dir: true, next.dir: true, foreign: true, dead: false} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
	living.close()
	next.close()
	if left, _ := filepath.Glob(filepath.Join(parent, rootPrefix+"*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A source is brought to a child under a name of its own, whatever it was called, and only
// what the operator named is read where it lies.
func TestStage(t *testing.T) {
	t.Parallel()
	f, err := newFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	named, other, link := filepath.Join(dir, "named"), filepath.Join(dir, "other.srt"), filepath.Join(dir, "link")
	for _, path := range []string{named, other} {
		if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(named, link); err != nil {
		t.Fatal(err)
	}
	src, err := f.stage(content.Source{Path: named, Sidecars: []string{other, link}}, []string{named})
	if err != nil || src.Path != named || len(src.Sidecars) != 2 {
		t.Fatalf("%+v, %v", src, err)
	}
	for i, want := range []string{other, named} {
		raw, err := os.ReadFile(src.Sidecars[i])
		if err != nil || string(raw) != want || filepath.Dir(src.Sidecars[i]) != f.in() {
			t.Errorf("%s holds %q, %v", src.Sidecars[i], raw, err)
		}
	}
	if err := os.WriteFile(filepath.Join(f.tmp(), "big"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if used := f.used(); used < 1<<20 || used > 2<<20 {
		t.Errorf("%d bytes are used", used)
	}
	if err := f.empty(); err != nil || f.used() != 0 {
		t.Errorf("%d bytes are left, %v", f.used(), err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	if _, err := f.stage(content.Source{Path: filepath.Join(dir, "gone")}, nil); err == nil {
		t.Error("a source that is not there")
	}
}
