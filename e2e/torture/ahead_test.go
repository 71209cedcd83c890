package torture

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// aside is the program of the last server: an older one, if there is one.
func aside() string { return cmp.Or(*older, binary) }

// clocks are the places where a part of the program takes the machine's clock for its own.
var clocks = regexp.MustCompile(`\btime\.Now([,)}\n])`)

// ahead builds the program with its clock an hour ahead: where a part of it takes the
// machine's clock, another is put in its place.
func ahead(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	replaced := map[string]string{}
	err := filepath.WalkDir(filepath.Join("..", "..", "internal"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !clocks.Match(text) || bytes.Contains(text, []byte("//go:build")) {
			return err
		}
		from, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.ReplaceAll(filepath.ToSlash(path), "/", "_"))
		replaced[from] = to
		text = clocks.ReplaceAll(text, []byte("func() time.Time { return time.Now().Add(time.Hour) }$1"))
		return os.WriteFile(to, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(replaced) < 10 {
		t.Fatalf("only %d parts have a clock", len(replaced))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	list, path := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "ahead.exe")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := build(path, "-overlay", list); err != nil {
		t.Fatalf("build the program with another clock: %v", err)
	}
	return path
}
