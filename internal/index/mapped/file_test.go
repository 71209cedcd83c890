package mapped_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"morag/internal/index/mapped"
)

type pair struct {
	a uint64
	b uint32
	c uint32
}

func write(t *testing.T, path string) *mapped.File {
	t.Helper()
	f, err := mapped.Write(path, "test 1", func(w *mapped.Writer) error {
		mapped.Add(w, []byte("abc"))
		mapped.Add(w, []pair{{1, 2, 3}, {4, 5, 6}})
		mapped.Add(w, []uint32(nil))
		w.Begin()
		mapped.Append(w, []int8{-1})
		mapped.Append(w, []int8{-2, -3})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func check(t *testing.T, f *mapped.File) {
	t.Helper()
	text := string(mapped.Next[byte](f))
	pairs := slices.Clone(mapped.Next[pair](f))
	none := mapped.Next[uint32](f)
	codes := slices.Clone(mapped.Next[int8](f))
	if text != "abc" || !slices.Equal(pairs, []pair{{1, 2, 3}, {4, 5, 6}}) || len(none) != 0 || !slices.Equal(codes, []int8{-1, -2, -3}) {
		t.Errorf("read %q %v %v %v", text, pairs, none, codes)
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
	runtime.KeepAlive(f)
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for range 2 { // the second time in place of the first
		check(t, write(t, path))
		f, err := mapped.Open(path, "test 1")
		if err != nil {
			t.Fatal(err)
		}
		check(t, f)
	}
}

// TestADamagedFileIsNotUsed: whichever byte is another one, and wherever it ends.
func TestADamagedFileIsNotUsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	refused := func(what string, at int, data []byte, kind string) {
		t.Helper()
		if err := os.WriteFile(damaged, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := mapped.Open(damaged, kind); !errors.Is(err, mapped.ErrUnusable) {
			t.Errorf("%s at %d: %v", what, at, err)
		}
	}
	const unused = 4 // bytes behind the checksum
	for i := range len(whole) - unused {
		data := slices.Clone(whole)
		data[i] ^= 1
		refused("another byte", i, data, "test 1")
	}
	for i := range whole {
		refused("cut off", i, whole[:i], "test 1")
	}
	refused("another kind", 0, whole, "test 2")
	if _, err := mapped.Open(filepath.Join(t.TempDir(), "none"), "test 1"); !errors.Is(err, mapped.ErrUnusable) {
		t.Errorf("no file: %v", err)
	}
}

func TestOtherSectionsAreNoticed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for name, read := range map[string]func(f *mapped.File){
		"too few": func(f *mapped.File) { mapped.Next[byte](f) },
		"the size": func(f *mapped.File) {
			mapped.Next[pair](f)
			mapped.Next[pair](f)
			mapped.Next[byte](f)
			mapped.Next[byte](f)
		},
		"too many": func(f *mapped.File) {
			for range 5 {
				mapped.Next[byte](f)
			}
		},
	} {
		f := write(t, path)
		read(f)
		if !errors.Is(f.Err(), mapped.ErrUnusable) {
			t.Errorf("%s: %v", name, f.Err())
		}
	}
}

func TestAFailureLeavesTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	write(t, path)
	failure := errors.New("no")
	if _, err := mapped.Write(path, "test 1", func(*mapped.Writer) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	f, err := mapped.Open(path, "test 1")
	if err != nil {
		t.Fatal(err)
	}
	check(t, f)
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("%v are left (%v)", left, err)
	}
}
