package zip_test

import (
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

func FuzzZip(f *testing.F) {
	f.Add(converttest.Zip(f, "a.txt", "x", "b/c.html", "<p>y", "d.zip", "PK\x03\x04"))
	f.Add(converttest.Zip(f, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<x/>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		src := documenttest.File(t, "a.zip", raw)
		src.MIME, src.Type = "application/zip", content.Doc
		c := document.New(document.Config{ScratchDir: t.TempDir(), MaxText: 1 << 20, MaxFile: 1 << 20, MaxUnpacked: 4 << 20})
		doc, err := c.Convert(t.Context(), src, convert.Options{}, nil)
		converttest.Clean(t, doc, err)
	})
}
