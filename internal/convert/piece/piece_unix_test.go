//go:build unix

package piece

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"morag/internal/content"
)

// scratch is a folder with the file "sound" of ten bytes in "pieces", and a secret beside it.
func scratch(t *testing.T) (root *os.Root, folder string) {
	t.Helper()
	dir := t.TempDir()
	inner := filepath.Join(dir, "scratch")
	folder = filepath.Join(inner, "pieces")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{filepath.Join(folder, "sound"): "0123456789", filepath.Join(dir, "secret"): "0123456789"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(inner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root, folder
}

func take(t *testing.T, root *os.Root, c content.Cutting) (texts []string, err error) {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Take(&content.Document{Content: string(raw)}, root, func(_ content.Piece, file io.Reader) error {
		text, err := io.ReadAll(file)
		texts = append(texts, string(text))
		return err
	})
	return texts, err
}

func TestTakeHandsOnThePieces(t *testing.T) {
	t.Parallel()
	root, folder := scratch(t)
	texts, err := take(t, root, content.Cutting{Folder: folder, Pieces: []content.Piece{
		{Head: []byte("head "), File: "sound", Size: 4}, {File: "sound", Offset: 4, Size: 6},
	}})
	if err != nil || len(texts) != 2 || texts[0] != "head 0123" || texts[1] != "456789" {
		t.Errorf("%q (%v)", texts, err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the pieces are left: %v", err)
	}
	if texts, err := take(t, root, content.Cutting{}); err != nil || texts != nil {
		t.Errorf("of what is not cut: %q (%v)", texts, err)
	}
}

// Who has read foreign bytes may answer anything: nothing outside of its scratch is read, and
// nothing that is no file.
func TestTakeTrustsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, folder string, c *content.Cutting){
		"a folder above":    func(_ *testing.T, folder string, c *content.Cutting) { c.Folder = filepath.Dir(filepath.Dir(folder)) },
		"the scratch":       func(_ *testing.T, folder string, c *content.Cutting) { c.Folder = filepath.Dir(folder) },
		"no folder":         func(_ *testing.T, _ string, c *content.Cutting) { c.Folder = "" },
		"a path":            func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].File = "../../secret" },
		"a file not there":  func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].File = "other" },
		"more than there":   func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].Size = 11 },
		"beyond the end":    func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].Offset = 10 },
		"before the start":  func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].Offset = -1 },
		"an endless offset": func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].Offset = 1<<63 - 1 },
		"nothing":           func(_ *testing.T, _ string, c *content.Cutting) { c.Pieces[0].Size = 0 },
		"a link out": func(t *testing.T, folder string, c *content.Cutting) {
			if err := os.Symlink(filepath.Join(filepath.Dir(filepath.Dir(folder)), "secret"), filepath.Join(folder, "link")); err != nil {
				t.Fatal(err)
			}
			c.Pieces[0].File = "link"
		},
		"a pipe that nobody writes to": func(t *testing.T, folder string, c *content.Cutting) {
			if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Pieces[0].File = "pipe"
		},
	} {
		root, folder := scratch(t)
		c := content.Cutting{Folder: folder, Pieces: []content.Piece{{File: "sound", Size: 5}}}
		change(t, folder, &c)
		if texts, err := take(t, root, c); err == nil || texts != nil {
			t.Errorf("%s: %q (%v), want an error", name, texts, err)
		}
	}
	root, _ := scratch(t)
	if _, err := Take(&content.Document{Content: "{"}, root, nil); err == nil {
		t.Error("no JSON is taken")
	}
}
