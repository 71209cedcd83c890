package office_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// withPart adds a part to an Office file.
func withPart(t testing.TB, raw, name, part string) []byte {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		err = errors.Join(err, w.Copy(f))
	}
	added, addErr := w.Create(name)
	if addErr == nil {
		_, addErr = added.Write([]byte(part))
	}
	if err := errors.Join(err, addErr, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func slideFile(t testing.TB) string {
	return documenttest.Office(t,
		"ppt/presentation.xml", `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"`+
			` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst><p:sldId r:id="a"/></p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Target="s.xml"/></Relationships>`,
		"ppt/s.xml", `<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">`+
			`<p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Some text.</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`)
}

func TestOfficeText(t *testing.T) {
	t.Parallel()
	if doc := documenttest.Must(t, "a.docx", documenttest.Word(t)); doc.Content != "## Head\n\nSome text." {
		t.Errorf("docx: %q", doc.Content)
	}
	if doc := documenttest.Must(t, "a.pptx", slideFile(t)); doc.Content != "## Slide 1\n\nSome text." {
		t.Errorf("pptx: %q", doc.Content)
	}
}

// TestEncryptedOffice: an encrypted file is a compound file that holds a package.
func TestEncryptedOffice(t *testing.T) {
	t.Parallel()
	name := strings.Join(strings.Split("EncryptedPackage", ""), "\x00") + "\x00"
	raw := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 1200) + name + strings.Repeat("\x00", 1000)
	_, err := documenttest.Convert(t, documenttest.File(t, "a.docx", []byte(raw)), convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("error %v", err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.docx", []byte(documenttest.Word(t)), true)
	documenttest.Conformance(t, "a.pptx", []byte(slideFile(t)), true)
	documenttest.Conformance(t, "a.xlsx", salesBook(t), true)
}

// A small file that unpacks to more than the setting allows is refused.
func TestUnpackedLimit(t *testing.T) {
	t.Parallel()
	documenttest.UnpackedLimit(t, "a.xlsx", salesBook(t))
	documenttest.UnpackedLimit(t, "a.docx", []byte(documenttest.Office(t, "word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`+
		strings.Repeat("<w:body/>", 10_000)+`</w:document>`)))
}
