package tus

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T) (f *Folder, pass func(time.Duration)) {
	t.Helper()
	later := time.Duration(0)
	f, err := Open(filepath.Join(t.TempDir(), "uploads"), func() time.Time { return time.Now().Add(later) })
	if err != nil {
		t.Fatal(err)
	}
	return f, func(d time.Duration) { later += d }
}

func begun(t *testing.T, o *Owned, size int64, text string) Info {
	t.Helper()
	info, err := o.begin(size, map[string]string{"filename": "a.txt"})
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if n, err := o.append(info.ID, 0, strings.NewReader(text), nil); err != nil || n != int64(len(text)) {
			t.Fatalf("%d, %v", n, err)
		}
	}
	return info
}

// What nothing was added to for a day is gone, with both of its files; the rest stays.
func TestExpire(t *testing.T) {
	t.Parallel()
	f, pass := open(t)
	old, half := begun(t, f.At("ann"), 3, ""), begun(t, f.At("bob"), 3, "ab")
	if n, err := f.Expire(t.Context()); n != 0 || err != nil {
		t.Errorf("at once: %d, %v", n, err)
	}
	pass(Lifetime - time.Hour)
	if n, err := f.Expire(t.Context()); n != 0 || err != nil {
		t.Errorf("an hour before: %d, %v", n, err)
	}
	later := f.now()
	if err := os.Chtimes(f.At("bob").path(half.ID, partSuffix), later, later); err != nil { // a piece comes
		t.Fatal(err)
	}
	pass(2 * time.Hour)
	if _, err := f.At("ann").find(old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired and not swept: %v", err)
	}
	if n, err := f.Expire(t.Context()); n != 1 || err != nil {
		t.Errorf("an hour after: %d, %v", n, err)
	}
	if left, err := os.ReadDir(filepath.Dir(f.At("ann").path(old.ID, ""))); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
	if info, err := f.At("bob").find(half.ID); err != nil || info.Offset != 2 {
		t.Errorf("the other: %+v, %v", info, err)
	}
	pass(Lifetime)
	if n, err := f.Expire(t.Context()); n != 1 || err != nil {
		t.Errorf("a day after: %d, %v", n, err)
	}
}

// Who breaks off keeps what has come, a piece that is wrong is taken back, and an upload is
// its owner's alone.
func TestPieces(t *testing.T) {
	t.Parallel()
	f, _ := open(t)
	ann := f.At("ann")
	info := begun(t, ann, 6, "ab")
	if n, err := ann.append(info.ID, 2, io.MultiReader(strings.NewReader("xy")), func() error { return ErrChecksum }); n != 0 || !errors.Is(err, ErrChecksum) {
		t.Errorf("a wrong piece: %d, %v", n, err)
	}
	if found, err := ann.find(info.ID); err != nil || found.Offset != 2 || found.Size != 6 {
		t.Errorf("after it: %+v, %v", found, err)
	}
	for name, id := range map[string]string{"another's": info.ID, "none": strings.Repeat("0", 32), "a path": "../" + info.ID, "": ""} {
		if _, err := f.At("bob").find(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	use := func(Info, io.Reader) (string, error) { t.Error("used"); return "", nil }
	if _, _, err := ann.Take(t.Context(), info.ID, use); !errors.Is(err, ErrIncomplete) {
		t.Errorf("taken in the middle: %v", err)
	}
}

// An upload becomes one task, and what fails before leaves it.
func TestTake(t *testing.T) {
	t.Parallel()
	f, _ := open(t)
	ann := f.At("ann")
	info := begun(t, ann, 3, "abc")
	if _, _, err := ann.Take(t.Context(), info.ID, func(Info, io.Reader) (string, error) { return "", io.ErrNoProgress }); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a failure: %v", err)
	}
	for i := range 2 {
		used := false
		task, again, err := ann.Take(t.Context(), info.ID, func(found Info, content io.Reader) (string, error) {
			used = true
			text, err := io.ReadAll(content)
			if string(text) != "abc" || found.Metadata["filename"] != "a.txt" {
				t.Errorf("%q of %+v", text, found)
			}
			return "task", err
		})
		if err != nil || task != "task" || again != (i == 1) || used == again {
			t.Errorf("%d: %q, again %v, used %v, %v", i, task, again, used, err)
		}
	}
	if found, err := ann.find(info.ID); err != nil || found.Offset != 3 {
		t.Errorf("what a client asks after that: %+v, %v", found, err)
	}
	if err := ann.Remove(info.ID); err != nil {
		t.Error(err)
	}
	if err := ann.Remove(info.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// One owner who begins ever more keeps nobody else from it.
func TestFull(t *testing.T) {
	t.Parallel()
	f, _ := open(t)
	f.most = 2
	begun(t, f.At("ann"), 1, "")
	begun(t, f.At("ann"), 1, "a")
	if _, err := f.At("ann").begin(1, nil); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	begun(t, f.At("bob"), 1, "a")
}
