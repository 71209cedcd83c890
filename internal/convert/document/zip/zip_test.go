package zip_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

func TestArchive(t *testing.T) {
	t.Parallel()
	inner := string(converttest.Zip(t, "x.txt", "INNER"))
	doc := documenttest.Must(t, "a.zip", string(converttest.Zip(t,
		"letters/", "", "letters/one.docx", documenttest.Word(t), "table.csv", "a,b\n1,2\n", "page.html", "<h2>Page</h2><p>text</p>",
		"photo.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "more.zip", inner, "program", "\x7fELF\x02\x01\x01\x00", "bad.pdf", "%PDF-1.7 nothing",
		"__MACOSX/x", "y", "../../etc/pass*wd.txt", "words", "report.pdf", "only text", "bytes.bin", "\x00\x01\x02\xff",
	)))
	want := "# letters/one.docx\n\n## Head\n\nSome text.\n\n# table.csv\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n# page.html\n\n## Page\n\ntext\n\n# ../../etc/pass\\*wd.txt\n\nwords\n\n# report.pdf\n\nonly text"
	if doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
	var rest []string
	for _, w := range doc.Warnings {
		if !strings.Contains(w, "bad.pdf: ") {
			rest = append(rest, w)
		}
	}
	if len(rest) != len(doc.Warnings)-1 || !slices.Equal(rest, []string{
		"report.pdf: report.pdf is plain text, not a PDF: it was read as text",
		"Left out of the archive: archives (1).", "Left out of the archive: files that are no documents (2).",
		"Left out of the archive: files that systems keep beside others (1).", "Left out of the archive: pictures (1).",
	}) {
		t.Errorf("%q", doc.Warnings)
	}
	if names := fmt.Sprint(doc.Metadata["files"]); names != "[letters/one.docx table.csv page.html ../../etc/pass*wd.txt report.pdf]" {
		t.Errorf("%s", names)
	}
}

// Documents that are zip archives are what they are, whatever their name and however late
// their first bytes tell it.
func TestDocumentsThatAreArchives(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("padding ", 2000)
	word := documenttest.Office(t, "custom/a.bin", "x", "[Content_Types].xml", `<Types/>`, "word/document.xml",
		`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Words.</w:t></w:r></w:p></w:body></w:document>`)
	odt := documenttest.Office(t, "a.xml", far, "content.xml", `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">`+
		`<office:body><office:text><text:p>Words.</text:p></office:text></office:body></office:document-content>`, "mimetype", "application/vnd.oasis.opendocument.text")
	book := documenttest.Office(t, "a.bin", far, "a.xhtml", "<html><body><p>Words.</p></body></html>", "x.opf",
		`<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>`,
		"META-INF/container.xml", `<container><rootfiles><rootfile full-path="x.opf"/></rootfiles></container>`)
	for name, raw := range map[string]string{"word": word, "odt": odt, "book": book} {
		if doc := documenttest.Must(t, "a.zip", raw); doc.Content != "Words." || doc.Metadata["files"] != nil {
			t.Errorf("%s: %q, %v", name, doc.Content, doc.Metadata)
		}
	}
}

func TestBadArchive(t *testing.T) {
	t.Parallel()
	sound := string(converttest.Zip(t, "a.txt", strings.Repeat("words ", 1000), "b.txt", "more"))
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":  {sound[:len(sound)*2/3], "truncated"},
		"empty":      {string(converttest.Zip(t)), "no file that can be converted"},
		"no text":    {string(converttest.Zip(t, "a.pdf", "%PDF-1.7 x")), "no file that can be converted: Left out of the archive: a.pdf: "},
		"only a zip": {string(converttest.Zip(t, "a.zip", sound)), "no file that can be converted"},
	} {
		src := documenttest.File(t, "a.zip", []byte(tt.raw))
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What an archive unpacks to is counted over all of its files, those in documents included.
func TestBudget(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("words and words ", 1000)
	raw := converttest.Zip(t, "a.txt", text, "b.docx", documenttest.Office(t, "[Content_Types].xml", "<Types/>", "word/document.xml", text), "c.txt", text)
	c := document.New(document.Config{ScratchDir: t.TempDir(), MaxUnpacked: 30_000})
	doc, err := c.Convert(t.Context(), documenttest.File(t, "a.zip", raw), convert.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.Content, "# a.txt") || strings.Contains(doc.Content, "c.txt") || len(doc.Warnings) != 2 ||
		!strings.Contains(doc.Warnings[0], "b.docx: it unpacks to more") || !strings.Contains(doc.Warnings[1], "c.txt: ") {
		t.Errorf("%.50q, %q", doc.Content, doc.Warnings)
	}
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	var parts []string
	for i := range 1002 {
		parts = append(parts, fmt.Sprintf("%04d.txt", i), "x")
	}
	doc := documenttest.Must(t, "a.zip", string(converttest.Zip(t, parts...)))
	if n := strings.Count(doc.Content, "# "); n != 1000 || !slices.Equal(doc.Warnings, []string{"Left out of the archive: files beyond the first 1000 (2)."}) {
		t.Errorf("%d files, %q", n, doc.Warnings)
	}
	if _, mime := content.Detect(converttest.Zip(t, "a.txt", "x"), "b.zip"); mime != "application/zip" {
		t.Errorf("%q", mime)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.zip", converttest.Zip(t, "a.txt", "Some text.", "b.md", "# More"), true)
}
