package disk

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/blob"
)

func FuzzReference(f *testing.F) {
	id := strings.Repeat("0a", blob.IDBytes)
	for _, ref := range []string{
		"", blob.Scheme, blob.Scheme + id, blob.Scheme + strings.ToUpper(id), blob.Scheme + id + "\x00", blob.Scheme + "../" + id,
		id, blob.Scheme + id[1:], blob.Scheme + strings.Repeat("/", 32), "blob:..\\..\\x", "blob:blob:" + id,
	} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		name, err := place(ref)
		if err != nil {
			if !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%q: %v", ref, err)
			}
			return
		}
		// Only the one spelling that Put returns has a place, and that is inside.
		if !filepath.IsLocal(name) || path.Dir(name) != path.Base(name)[:2] || blob.Scheme+path.Base(name) != ref ||
			strings.Trim(path.Base(name), "0123456789abcdef") != "" || len(path.Base(name)) != 32 {
			t.Errorf("%q lies at %q", ref, name)
		}
	})
}
