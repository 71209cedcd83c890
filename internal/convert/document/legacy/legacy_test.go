package legacy_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/compound/compoundtest"
	"morag/internal/convert/document/documenttest"
)

// converted converts a file with a program for LibreOffice.
func converted(t *testing.T, program, name string, raw []byte) (*content.Document, error) {
	t.Helper()
	c := document.New(document.Config{ScratchDir: t.TempDir(), Soffice: program})
	return c.Convert(t.Context(), documenttest.File(t, name, raw), convert.Options{}, nil)
}

// A compound file is what its streams say, whatever its name. Without LibreOffice the sentence
// says what to install.
func TestKinds(t *testing.T) {
	t.Parallel()
	word := compoundtest.File(map[string]string{"WordDocument": strings.Repeat("x", 10_000)})
	for name, tt := range map[string]struct {
		raw  []byte
		kind error
		want string
	}{
		"word":       {word, convert.ErrNoEngine, "the old Word format (doc), which LibreOffice reads, and that is not here: apt-get install libreoffice"},
		"excel":      {compoundtest.File(map[string]string{"Workbook": "x"}), convert.ErrNoEngine, "the old Excel format (xls)"},
		"excel 95":   {compoundtest.File(map[string]string{"Book": "x"}), convert.ErrNoEngine, "the old Excel format (xls)"},
		"powerpoint": {compoundtest.File(map[string]string{"PowerPoint Document": "x"}), convert.ErrNoEngine, "the old PowerPoint format (ppt)"},
		"encrypted":  {compoundtest.File(map[string]string{"EncryptedPackage": "x", "EncryptionInfo": "y"}), convert.ErrBadSource, "option password"},
		"something":  {compoundtest.File(map[string]string{"Anything": "x"}), convert.ErrBadSource, "compound file"},
		"truncated":  {word[:len(word)*2/3], convert.ErrBadSource, "old Office"},
	} {
		for _, file := range []string{"a.doc", "a.xls", "a.ppt", "a.docx", "a"} {
			_, err := converted(t, filepath.Join(t.TempDir(), "soffice"), file, tt.raw)
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %s: %v", name, file, err)
			}
		}
	}
}

func TestLibreOffice(t *testing.T) {
	t.Parallel()
	program, err := filepath.Abs("testdata/soffice")
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) []byte {
		return compoundtest.File(map[string]string{"WordDocument": strings.Repeat(text, 1000)})
	}
	doc, err := converted(t, program, "a.doc", file("words"))
	if err != nil || doc.Content != "Words of long ago." || doc.Metadata["engine"] != "libreoffice" || doc.Metadata["mime_type"] != "application/msword" {
		t.Errorf("%+v, %v", doc, err)
	}
	if _, err := converted(t, program, "a.doc", file("NOTHING")); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "LibreOffice cannot read it") {
		t.Errorf("nothing is made: %v", err)
	}
	if _, err := converted(t, program, "a.doc", file("FAIL")); !errors.Is(err, convert.ErrEngine) {
		t.Errorf("it fails: %v", err)
	}
}
