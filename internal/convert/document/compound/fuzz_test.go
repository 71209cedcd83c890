package compound_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/compound/compoundtest"
)

func FuzzCompound(f *testing.F) {
	f.Add(compoundtest.File(map[string]string{"small": "a", "folder/b": string(make([]byte, 5000)), "folder/inner/c": "d"}))
	f.Add([]byte(compound.Magic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := compound.Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			if !errors.Is(err, compound.ErrDamaged) {
				t.Errorf("%v", err)
			}
			return
		}
		read := int64(0)
		for _, name := range []string{"small", "b", "c"} {
			if in := file.Root.Open(name); in != nil {
				n, err := io.Copy(io.Discard, in)
				if read += n; err != nil && !errors.Is(err, compound.ErrDamaged) {
					t.Errorf("%v", err)
				}
			}
		}
		if read > 3*int64(len(raw)+512) {
			t.Errorf("%d bytes of a file of %d", read, len(raw))
		}
	})
}
