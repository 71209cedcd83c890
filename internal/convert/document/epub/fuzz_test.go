package epub

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/content"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/source"
)

func FuzzEPUB(f *testing.F) {
	f.Add(`<html><body><p>x<a epub:type="noteref" href="#n">1</a></p><aside id="n"><p>y</p></aside></body></html>`, `<itemref idref="a"/>`)
	f.Add("<p>&nbsp;<title/><table><td><table><td>x", `<itemref idref="a"/><itemref idref="a"/>`)
	f.Fuzz(func(t *testing.T, chapter, spine string) {
		b := openBytes(t, converttest.Zip(t, "META-INF/container.xml", `<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>`,
			"o/p.opf", `<package><metadata><title>T</title></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine>`+spine+`</spine></package>`,
			"o/a.xhtml", chapter))
		doc, err := parse(t.Context(), b, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

// openBytes opens a document, nil when it is refused as it should be.
func openBytes(t *testing.T, raw []byte) *archive.Archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := archive.OpenFile(source.File{Source: content.Source{Path: path}, Limits: source.Limits{MaxUnpacked: 4 << 20, MaxFile: 1 << 20}}, "a book")
	if err != nil {
		converttest.Clean(t, nil, err)
		return nil
	}
	t.Cleanup(func() { b.Close() })
	return b
}
