package odt

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"morag/internal/content"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/source"
)

func FuzzODT(f *testing.F) {
	f.Add(`<text:p>x<text:note><text:note-body><text:p>y</text:p></text:note-body></text:note></text:p><table:table><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-spanned="2"><text:list><text:list-item><text:p>z</text:p></text:list-item></text:list></table:table-cell></table:table-row></table:table>`,
		`<style:style style:name="a" style:parent-style-name="a"/><text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>`)
	f.Add(`<text:h text:outline-level="99"><draw:frame><draw:text-box><text:p text:style-name="Preformatted_20_Text">a</text:p></draw:text-box></draw:frame></text:h>`, "")
	f.Fuzz(func(t *testing.T, body, styles string) {
		b := openBytes(t, converttest.Zip(t, "content.xml", `<office:document-content><office:automatic-styles>`+styles+`</office:automatic-styles><office:body><office:text>`+body+`</office:text></office:body></office:document-content>`))
		doc, err := texts.parse(t.Context(), b, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

func FuzzSpreadsheet(f *testing.F) {
	f.Add(`<table:table table:name="a"><table:table-column table:visibility="collapse"/><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="3" office:value-type="float" office:value="1.5"><text:p>1.50</text:p><office:annotation><text:p>c</text:p></office:annotation></table:table-cell></table:table-row></table:table>`,
		`<style:style style:name="a"><style:table-properties table:display="false"/></style:style>`)
	f.Add(`<table:table><table:shapes><draw:frame><draw:text-box><text:p>a</text:p></draw:text-box></draw:frame></table:shapes><table:table-row><table:covered-table-cell/></table:table-row></table:table>`, "")
	f.Fuzz(func(t *testing.T, body, styles string) {
		b := openBytes(t, converttest.Zip(t, "content.xml", `<office:document-content><office:automatic-styles>`+styles+`</office:automatic-styles><office:body><office:spreadsheet>`+body+`</office:spreadsheet></office:body></office:document-content>`))
		doc, err := spreadsheets.parse(t.Context(), b, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

func FuzzPresentation(f *testing.F) {
	f.Add(`<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>a</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame presentation:class="notes"><draw:text-box><text:list><text:list-item><text:p>n</text:p></text:list-item></text:list></draw:text-box></draw:frame></presentation:notes><office:annotation><text:p>c</text:p></office:annotation></draw:page>`)
	f.Fuzz(func(t *testing.T, body string) {
		b := openBytes(t, converttest.Zip(t, "content.xml", `<office:document-content><office:body><office:presentation>`+body+`</office:presentation></office:body></office:document-content>`))
		doc, err := presentations.parse(t.Context(), b, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

// FuzzBundle is given whole files.
func FuzzBundle(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("content.xml"); err != nil {
		f.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := openBytes(t, raw)
		if b == nil {
			return
		}
		doc, err := texts.parse(t.Context(), b, 1<<20)
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
