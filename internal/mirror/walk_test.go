package mirror

import (
	"errors"
	"testing"
)

// A file that was not found is gone, unless its folder cannot be read or its file system is
// not mounted.
func TestHidden(t *testing.T) {
	t.Parallel()
	w := &walk{device: 1, folders: map[string]uint64{".": 1, "disk": 1, "other": 2, "plain": 1}, dark: []unread{{"shut", errors.New("denied")}, {"dim.txt", errors.New("denied")}}}
	for _, tt := range []struct {
		file file
		want string
	}{
		{file{path: "a.txt"}, ""},
		{file{path: "shut/a.txt"}, "cannot be read"},
		{file{path: "shut/deep/a.txt"}, "cannot be read"},
		{file{path: "shutter/a.txt"}, ""},
		{file{path: "dim.txt"}, "cannot be read"},
		{file{path: "disk/a.txt", apart: true}, "is no longer mounted"},
		{file{path: "disk/deep/er/a.txt", apart: true}, "is no longer mounted"},
		{file{path: "other/deep/a.txt", apart: true}, ""},
		{file{path: "plain/a.txt"}, ""},
	} {
		if got := w.hidden(tt.file); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.file.path, got, tt.want)
		}
	}
}

// Names that are not UTF-8 become text, each another one.
func TestReadable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a/b.txt": "a/b.txt", "\xff.txt": "%FF.txt", "ä\xc3": "ä%C3", "\uFFFD": "\uFFFD", "a\nb": "a\nb"} {
		if got := readable(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
