package legacy_test

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/compound/compoundtest"
	"morag/internal/convert/document/documenttest"
)

// A compound file is what its streams say, whatever its name.
func TestKinds(t *testing.T) {
	t.Parallel()
	word := compoundtest.File(map[string]string{"WordDocument": strings.Repeat("x", 10_000)})
	for name, tt := range map[string]struct {
		raw  []byte
		kind error
		want string
	}{
		"word":       {word, convert.ErrUnsupported, "the old Word format (doc)"},
		"excel":      {compoundtest.File(map[string]string{"Workbook": "x"}), convert.ErrUnsupported, "the old Excel format (xls)"},
		"powerpoint": {compoundtest.File(map[string]string{"PowerPoint Document": "x"}), convert.ErrUnsupported, "the old PowerPoint format (ppt)"},
		"encrypted":  {compoundtest.File(map[string]string{"EncryptedPackage": "x", "EncryptionInfo": "y"}), convert.ErrBadSource, "option password"},
		"something":  {compoundtest.File(map[string]string{"Anything": "x"}), convert.ErrBadSource, "compound file"},
		"truncated":  {word[:len(word)*2/3], convert.ErrBadSource, "old Office"},
	} {
		for _, file := range []string{"a.doc", "a.xls", "a.ppt", "a.docx", "a"} {
			_, err := documenttest.Convert(t, documenttest.File(t, file, tt.raw), convert.Options{})
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %s: %v", name, file, err)
			}
		}
	}
}
