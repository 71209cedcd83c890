package compound_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/compound/compoundtest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long stream ", 1000)
	raw := compoundtest.File(map[string]string{"small": "a small stream", "long": long, "empty": "", "folder/inner/deep": "inside", "folder/x": strings.Repeat("y", 64)})
	f, err := compound.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	folder := f.Root.Storages["folder"]
	for name, tt := range map[string]struct {
		in         *compound.Storage
		name, want string
	}{
		"small": {f.Root, "small", "a small stream"}, "long": {f.Root, "long", long}, "empty": {f.Root, "empty", ""},
		"inside": {folder, "x", strings.Repeat("y", 64)}, "deep": {folder.Storages["inner"], "deep", "inside"},
	} {
		if got, err := io.ReadAll(tt.in.Open(tt.name)); err != nil || string(got) != tt.want {
			t.Errorf("%s: %.50q, %v", name, got, err)
		}
	}
	if f.Root.Has("none") || f.Root.Open("none") != nil || len(f.Root.Named("fold")) != 1 {
		t.Error("what is not there is")
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	raw := compoundtest.File(map[string]string{"long": strings.Repeat("x", 20_000), "a/b": "c"})
	for name, change := range map[string]func(b []byte) []byte{
		"nothing":        func([]byte) []byte { return nil },
		"half a header":  func(b []byte) []byte { return b[:300] },
		"another magic":  func(b []byte) []byte { b[0] = 0; return b },
		"no sector size": func(b []byte) []byte { b[30] = 63; return b },
		"no directory":   func(b []byte) []byte { copy(b[48:], "\xF0\xFF\xFF\x00"); return b },
		"only a header":  func(b []byte) []byte { return b[:512] },
	} {
		b := change(bytes.Clone(raw))
		if _, err := compound.Open(bytes.NewReader(b), int64(len(b))); !errors.Is(err, compound.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
