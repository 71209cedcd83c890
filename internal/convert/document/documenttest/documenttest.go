// Package documenttest is what the tests of the readers of documents share: a file as the
// system would type it, and its conversion by the converter with all its engines.
package documenttest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
)

// WorkbookFlag has the test binary be the process that computes formulas, in packages whose
// TestMain knows it.
const WorkbookFlag = "workbook-engine"

// WorkbookCommand starts that process.
func WorkbookCommand() []string { return []string{os.Args[0], WorkbookFlag} }

// New is a converter with all its engines.
func New(scratch string) convert.Converter {
	return document.New(document.Config{ScratchDir: scratch, WorkbookCommand: WorkbookCommand()})
}

// Small is a converter that takes at most 64 MiB of text, for what would become large.
func Small(t testing.TB) convert.Converter {
	t.Helper()
	return document.New(document.Config{ScratchDir: t.TempDir(), MaxText: 64 << 20})
}

// File writes a source under a name, and types it as the system would.
func File(t testing.TB, name string, raw []byte) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, mime, err := content.DetectFile(path, name)
	if err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: name, Type: content.Doc, MIME: mime}
}

// Convert converts a source.
func Convert(t testing.TB, src content.Source, opt convert.Options) (*content.Document, error) {
	t.Helper()
	return New(t.TempDir()).Convert(t.Context(), src, opt, func(float64, string) {})
}

// Must converts what has to be sound.
func Must(t testing.TB, name, raw string) *content.Document {
	t.Helper()
	doc, err := Convert(t, File(t, name, []byte(raw)), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Office writes an Office file, or another archive, of parts, given as name and content in
// turn.
func Office(t testing.TB, parts ...string) string { return string(converttest.Zip(t, parts...)) }

// Word is a small Word document.
func Word(t testing.TB) string {
	return Office(t, "word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+
		`<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Head</w:t></w:r></w:p><w:p><w:r><w:t>Some text.</w:t></w:r></w:p></w:body></w:document>`)
}

// Conformance runs the suite of converters on a file. Structured is that of
// [converttest.Case].
func Conformance(t *testing.T, name string, raw []byte, structured bool) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		converttest.Run(t, converttest.Case{
			New:        New,
			Source:     func(t *testing.T) content.Source { return File(t, name, raw) },
			Structured: structured,
		})
	})
}

// UnpackedLimit checks that a small file is refused that unpacks to more than 20 kB.
func UnpackedLimit(t *testing.T, name string, raw []byte) {
	t.Helper()
	c := document.New(document.Config{MaxUnpacked: 20_000})
	_, err := c.Convert(t.Context(), File(t, name, raw), convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "unpacked") {
		t.Errorf("%s: %v", name, err)
	}
}
