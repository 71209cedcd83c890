package seal

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, path string) *Key {
	t.Helper()
	k, err := OpenKey(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedIsOpenedByTheSameKeyAndPurposeAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	first, again, other := open(t, path), open(t, path), open(t, filepath.Join(t.TempDir(), "key"))
	sealed := first.Seal("open sesame", "a")
	if strings.Contains(sealed, "sesame") || sealed == first.Seal("open sesame", "a") {
		t.Errorf("sealed as %q, twice the same or readable", sealed)
	}
	if plain, err := again.Open(sealed, "a"); plain != "open sesame" || err != nil {
		t.Errorf("opened as %q (%v)", plain, err)
	}
	if plain, err := again.Open(again.Seal("", "a"), "a"); plain != "" || err != nil {
		t.Errorf("an empty text is opened as %q (%v)", plain, err)
	}
	flipped := "A" + sealed[1:]
	if flipped == sealed {
		flipped = "B" + sealed[1:]
	}
	for what, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return first.Open(sealed, "b") },
		"another key":     func() (string, error) { return other.Open(sealed, "a") },
		"a changed text":  func() (string, error) { return first.Open(flipped, "a") },
		"a cut text":      func() (string, error) { return first.Open(sealed[:8], "a") },
		"no text":         func() (string, error) { return first.Open("", "a") },
		"no base64":       func() (string, error) { return first.Open("?", "a") },
	} {
		if plain, err := open(); plain != "" || !errors.Is(err, ErrSealed) {
			t.Errorf("%s opens %q (%v)", what, plain, err)
		}
	}
}

func TestKeyIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	sealed := make([]string, 16)
	var all sync.WaitGroup
	for i := range sealed {
		all.Go(func() {
			if k, err := OpenKey(path); err != nil {
				t.Error(err)
			} else {
				sealed[i] = k.Seal("x", "p")
			}
		})
	}
	all.Wait()
	k := open(t, path)
	for i, s := range sealed {
		if plain, err := k.Open(s, "p"); plain != "x" || err != nil {
			t.Errorf("server %d has another key: %v", i, err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v (%v), want the key alone", names, err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key has the mode %v (%v)", info.Mode(), err)
	}
}

func TestKeyOfAnotherSizeIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	for _, size := range []int{0, keySize - 1, keySize + 1} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKey(path); err == nil {
			t.Errorf("a key of %d bytes was taken", size)
		}
	}
	if _, err := OpenKey(filepath.Join(path, "below a file")); err == nil {
		t.Error("a key was made below a file")
	}
}
