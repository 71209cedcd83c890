package epub_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// epubFile is a book of two chapters, a page of notes and a table of contents. More
// chapters are given as name and text in turn.
func epubFile(t testing.TB, more ...string) string {
	t.Helper()
	items, spine := "", ""
	parts := []string{
		"mimetype", "application/epub+zip",
		"META-INF/container.xml", `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>`,
		"OPS/nav.xhtml", `<html><body><nav><ol><li><a href="text/one.xhtml">NAVIGATION</a></li></ol></nav></body></html>`,
		"OPS/text/one.xhtml", `<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">` +
			`<head><title/><script/></head><body><section epub:type="chapter"><h1>One</h1><p>First&nbsp;<b>bold</b> text<a epub:type="noteref" href="notes.xhtml#n2">2</a>` +
			` and<sup><a epub:type="noteref" href="#f1">1</a></sup> <a href="two%20b.xhtml#x">inner link</a> 10<sup>6</sup>.</p>` +
			`<table><tr><th>A</th><th>B</th></tr><tr><td><p>1</p><p>2</p></td><td>x|y</td></tr></table>` +
			`<aside epub:type="footnote" id="f1"><p>Note beside.</p></aside><img src="p.png" alt="A picture"/></section></body></html>`,
		"OPS/text/two b.xhtml", `<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>Two</h2><ol start="3"><li>three<ul><li>deep</li></ul></li><li>four</li></ol></body></html>`,
		"OPS/text/notes.xhtml", `<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>Notes</h2><div id="n2"><p><a href="one.xhtml#r2">2</a> Note at the <i>end</i>.</p></div></body></html>`,
	}
	for i := 0; i < len(more); i += 2 {
		parts = append(parts, "OPS/"+more[i], "<html><body><p>"+more[i+1]+"</p></body></html>")
		items += `<item id="` + more[i] + `" href="` + more[i] + `" media-type="application/xhtml+xml"/>`
		spine += `<itemref idref="` + more[i] + `"/>`
	}
	parts = append(parts, "OPS/book.opf", `<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>`+
		`<dc:title>The Book</dc:title><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:language>en</dc:language><dc:date>2020-05</dc:date></metadata>`+
		`<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="c1" href="text/one.xhtml" media-type="application/xhtml+xml"/>`+
		`<item id="c2" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/><item id="n" href="text/notes.xhtml" media-type="application/xhtml+xml"/>`+items+`</manifest>`+
		`<spine><itemref idref="nav"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="n" linear="no"/>`+spine+`</spine></package>`)
	return documenttest.Office(t, parts...)
}

func TestEPUB(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.epub", epubFile(t))
	want := "# One\n\nFirst **bold** text[^1] and[^2] inner link 10⁶.\n\n| A | B |\n|---|---|\n| 1<br>2 | x\\|y |\n\nA picture\n\n" +
		"## Two\n\n3. three\n   \n   - deep\n4. four\n\n## Notes\n\n[^1]: Note at the *end*.\n\n[^2]: Note beside."
	if got := strings.ReplaceAll(doc.Content, "\u00a0", " "); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for key, want := range map[string]any{"title": "The Book", "author": "Ann, Bob", "language": "en", "created": "2020-05-01T00:00:00Z", "engine": "epub", "mime_type": "application/epub+zip"} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: %v, want %v", key, doc.Metadata[key], want)
		}
	}
}

// A chapter that is named and not there is told of, and the others stay.
func TestMissingChapter(t *testing.T) {
	t.Parallel()
	book := func(more ...string) string {
		return documenttest.Office(t, append([]string{"mimetype", "application/epub+zip",
			"META-INF/container.xml", `<container><rootfiles><rootfile full-path="x.opf"/></rootfiles></container>`,
			"x.opf", `<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/></manifest>` +
				`<spine><itemref idref="a"/><itemref idref="b"/></spine></package>`}, more...)...)
	}
	doc := documenttest.Must(t, "a.epub", book("B.xhtml", "<html><body><p>second</p></body></html>"))
	if doc.Content != "second" || !slices.Contains(doc.Warnings, "Chapters that the book names and does not hold: 1.") {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
	src := documenttest.File(t, "a.epub", []byte(book()))
	if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "chapters are missing") {
		t.Errorf("a book without any: %v", err)
	}
}

func TestBadEPUB(t *testing.T) {
	t.Parallel()
	sound := epubFile(t)
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":   {sound[:len(sound)*2/3], "truncated"},
		"another zip": {documenttest.Office(t, "mimetype", "application/epub+zip", "a.txt", "x"), "not an EPUB book"},
		"no chapters": {documenttest.Office(t, "META-INF/container.xml", `<container><rootfiles><rootfile full-path="x.opf"/></rootfiles></container>`), "contents is missing"},
		"copy protected": {documenttest.Office(t, "META-INF/container.xml", `<container><rootfiles><rootfile full-path="x.opf"/></rootfiles></container>`,
			"x.opf", `<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>`,
			"a.xhtml", "\x01\x02", "META-INF/encryption.xml", `<encryption><CipherReference URI="a.xhtml"/></encryption>`), "copy protection"},
		"deep": {epubFile(t, "deep.xhtml", strings.Repeat("<b>", 5000)+strings.Repeat("</b>", 5000)), "cannot be read"},
	} {
		src := documenttest.File(t, "a.epub", []byte(tt.raw))
		src.MIME = "application/epub+zip"
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.epub", []byte(epubFile(t)), true)
}

// A small file that unpacks to more than the setting allows is refused.
func TestUnpackedLimit(t *testing.T) {
	t.Parallel()
	documenttest.UnpackedLimit(t, "a.epub", []byte(epubFile(t, "text/long.xhtml", strings.Repeat("some text and more of it ", 10_000))))
}
