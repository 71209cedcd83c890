package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"morag/internal/blob"
	"morag/internal/blob/blobtest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Bucket { return opened(t, t.TempDir()) })
}

func opened(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// files are the plain files under dir, by their paths in it.
func files(t testing.TB, dir string) (all []string) {
	t.Helper()
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != lockFile {
			all = append(all, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // there are no modes there
	}
	dir := filepath.Join(t.TempDir(), "new", "blobs")
	s := opened(t, dir)
	if _, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestAFailedPutLeavesNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := opened(t, dir)
	for name, r := range map[string]io.Reader{
		"an error":   io.MultiReader(strings.NewReader("x"), iotest.ErrReader(errors.New("no"))),
		"a long one": strings.NewReader("long"),
	} {
		if _, err := s.Write(t.Context(), blob.NewRef(), r, 3); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("%q is left", got)
	}
	// The place cannot be made, for any name.
	for i := range 256 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02x", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader("x"), 0); err == nil {
		t.Error("put without a place")
	}
	if got := files(t, dir); len(got) != 256 {
		t.Errorf("%d files, want the 256 that are in the way", len(got))
	}
}

func TestOpenRemovesWhatACrashHasLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader("kept"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, incoming, "half"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = opened(t, dir)
	if got := files(t, dir); len(got) != 1 || !strings.HasSuffix(got[0], strings.TrimPrefix(kept.Ref, blob.Scheme)) {
		t.Errorf("the folder has %q", got)
	}
	if _, err := s.Stat(t.Context(), kept.Ref); err != nil {
		t.Error(err)
	}
}

// TestASecondStoreLeavesWritesAlone opens the folder a second and a third time while
// the first store writes there, and after it was closed.
func TestASecondStoreLeavesWritesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := opened(t, dir)
	r, w := io.Pipe()
	wrote := make(chan error)
	ref := blob.NewRef()
	go func() {
		_, err := first.Write(context.Background(), ref, r, 0)
		wrote <- err
	}()
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	second := opened(t, dir)
	if _, err := second.Write(t.Context(), blob.NewRef(), strings.NewReader("other"), 0); err != nil {
		t.Error(err)
	}
	third, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
	if _, err := w.Write([]byte(" and half")); err != nil {
		t.Error(err)
	}
	w.Close()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if info, err := second.Stat(t.Context(), ref); err != nil || info.Size != int64(len("half and half")) {
		t.Errorf("the other store finds %+v, %v", info, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, incoming))
	if err != nil || len(left) != 4 {
		t.Errorf("two stores have %d entries, %v, want a folder and a lock of each", len(left), err)
	}
}

// Whatever else lies in the folder is neither listed nor opened, and no link leads
// out of it.
func TestForeignFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := opened(t, dir)
	id := strings.Repeat("a", 2*blob.IDBytes)
	if err := os.Mkdir(filepath.Join(dir, "aa"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README", "aa/notes.txt", "aa/" + strings.Repeat("b", 2*blob.IDBytes), "aa/" + strings.Repeat("A", 2*blob.IDBytes-1) + "B"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" { // links need a privilege there
		if err := os.Symlink(outside, filepath.Join(dir, "aa", id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "aa", id[:31]+"b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.List(t.Context(), "", time.Now().Add(time.Hour), func(i blob.Info) error {
		t.Errorf("listed %+v", i)
		return nil
	}); err != nil {
		t.Error(err)
	}
	for _, ref := range []string{blob.Scheme + id, blob.Scheme + id[:31] + "b"} {
		if _, _, err := s.Open(t.Context(), ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Open(%s): %v", ref, err)
		}
		if path, _, err := s.File(t.Context(), ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("File(%s): %s, %v", ref, path, err)
		}
	}
}

func TestFileCopiesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := opened(t, dir)
	info, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader("x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	path, done, err := s.File(t.Context(), info.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	inside, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(inside) || !filepath.IsAbs(path) || len(files(t, dir)) != 1 {
		t.Errorf("the file is %s, the folder has %q (%v)", path, files(t, dir), err)
	}
}

// The file system's errors for a full disk are of the port's sentinel, a reader's
// never: its disk is another's.
func TestNoSpaceIsOfTheDiskOnly(t *testing.T) {
	t.Parallel()
	for _, full := range diskFull() {
		err := &fs.PathError{Op: "write", Path: "x", Err: full}
		if got := withSentinel(err); !errors.Is(got, blob.ErrNoSpace) || !errors.Is(got, full) {
			t.Errorf("%v became %v", err, got)
		}
		s := opened(t, t.TempDir())
		if _, err := s.Write(t.Context(), blob.NewRef(), iotest.ErrReader(full), 0); err == nil || errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("a reader's %v became %v", full, err)
		}
		if _, _, err := s.copy(t.Context(), failing{full}, bytes.NewReader([]byte("x")), 0); !errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("a write's %v became %v", full, err)
		}
	}
	if withSentinel(nil) != nil {
		t.Error("no error became one")
	}
	if err := withSentinel(fs.ErrPermission); errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("another error became %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A stream of any length passes through one buffer.
func TestMemoryStaysFlat(t *testing.T) {
	s := opened(t, t.TempDir())
	put := func(size int64) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := s.Write(t.Context(), blob.NewRef(), io.LimitReader(zeros{}, size), 0); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	put(1) // the pool's first buffer
	if n := put(64 << 20); n > 2*copyBuffer {
		t.Errorf("putting 64 MiB allocated %d bytes", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestFolderAway: a disk that was unmounted takes no blob with it. No call says that there is
// no such blob, or that it is deleted, and once the folder is back, so is the blob.
func TestFolderAway(t *testing.T) {
	t.Parallel()
	dir, ctx := filepath.Join(t.TempDir(), "blobs"), t.Context()
	s := opened(t, dir)
	info, err := s.Write(ctx, blob.NewRef(), strings.NewReader("words"), 0)
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		t.Helper()
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	away := t.TempDir()
	move(dir, away)
	if _, err := s.Stat(ctx, info.Ref); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("stat: %v", err)
	}
	if _, _, err := s.Open(ctx, info.Ref); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open: %v", err)
	}
	if _, _, err := s.File(ctx, info.Ref); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("file: %v", err)
	}
	if err := s.Delete(ctx, info.Ref); err == nil {
		t.Error("deleted")
	}
	if empty, err := Empty(dir); err != nil || !empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
	move(away, dir)
	if _, err := s.Stat(ctx, info.Ref); err != nil {
		t.Errorf("after the folder is back: %v", err)
	}
	if empty, err := Empty(dir); err != nil || empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
	for range 2 { // the second time there is nothing to delete
		if err := s.Delete(ctx, info.Ref); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Stat(ctx, info.Ref); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
}
