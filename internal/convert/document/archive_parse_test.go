package document

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"morag/internal/content"
)

// bundleOf writes a document of parts, given as name and content in turn, and opens it.
func bundleOf(t *testing.T, parts ...string) *bundle {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return openBytes(t, b.Bytes())
}

func openBytes(t *testing.T, raw []byte) *bundle {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := New(Config{MaxUnpacked: 4 << 20, MaxFile: 1 << 20}).openBundle(path, "a book")
	if err != nil {
		clean(t, nil, err)
		return nil
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func FuzzODT(f *testing.F) {
	f.Add(`<text:p>x<text:note><text:note-body><text:p>y</text:p></text:note-body></text:note></text:p><table:table><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-spanned="2"><text:list><text:list-item><text:p>z</text:p></text:list-item></text:list></table:table-cell></table:table-row></table:table>`,
		`<style:style style:name="a" style:parent-style-name="a"/><text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>`)
	f.Add(`<text:h text:outline-level="99"><draw:frame><draw:text-box><text:p text:style-name="Preformatted_20_Text">a</text:p></draw:text-box></draw:frame></text:h>`, "")
	f.Fuzz(func(t *testing.T, body, styles string) {
		b := bundleOf(t, "content.xml", `<office:document-content><office:automatic-styles>`+styles+`</office:automatic-styles><office:body><office:text>`+body+`</office:text></office:body></office:document-content>`)
		doc, err := parseODT(t.Context(), b, 1<<20)
		clean(t, doc, err)
	})
}

func FuzzEPUB(f *testing.F) {
	f.Add(`<html><body><p>x<a epub:type="noteref" href="#n">1</a></p><aside id="n"><p>y</p></aside></body></html>`, `<itemref idref="a"/>`)
	f.Add("<p>&nbsp;<title/><table><td><table><td>x", `<itemref idref="a"/><itemref idref="a"/>`)
	f.Fuzz(func(t *testing.T, chapter, spine string) {
		b := bundleOf(t, "META-INF/container.xml", `<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>`,
			"o/p.opf", `<package><metadata><title>T</title></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine>`+spine+`</spine></package>`,
			"o/a.xhtml", chapter)
		doc, err := parseEPUB(t.Context(), b, 1<<20)
		clean(t, doc, err)
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
		doc, err := parseODT(t.Context(), b, 1<<20)
		clean(t, doc, err)
	})
}

// What is written for pandoc is balanced, and its characters are whole.
func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansicpg1251{\fonttbl{\f1\fcharset238 x;}}{\stylesheet{\s1 heading 1;}}{\info{\title T\'e9}}\s1 a\'cf\u8364?{\*\footnote b}\par}`))
	f.Add([]byte("{\\rtf1{\\upr{a}{\\*\\ud{b}}}{\\shp{\\*\\shpinst{\\shptxt c}}}\\bin3 }}}\\u-10179?}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, meta, err := cleanRTF(t.Context(), raw)
		if err != nil {
			return
		}
		depth := 0
		for i := 0; i < len(out); i++ {
			switch out[i] {
			case '\\':
				i++
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 || !utf8.ValidString(out) {
			t.Errorf("%q became %q", raw, out)
		}
		clean(t, &content.Document{Metadata: meta}, nil)
	})
}

// The text of cells comes out, on however many lines it was.
func FuzzCells(f *testing.F) {
	f.Add("<table><tr><td><p>a</p><ul><li>b<br>c</ul><td><table><tr><td>d<td>e</table></table>")
	f.Fuzz(func(t *testing.T, raw string) {
		page, err := html.Parse(strings.NewReader(raw))
		if err != nil {
			return
		}
		words := func() string {
			text := strings.NewReplacer(lineBreak, "", ",", "", "-", "", ".", "", markSign, "").Replace(nodeText(page))
			return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r >= '0' && r <= '9' || r == '\u00a0' || r == '\u0085' }), "")
		}
		before := words()
		flattenCells(page, true)
		if after := words(); after != before {
			t.Errorf("%q became %q", before, after)
		}
	})
}
