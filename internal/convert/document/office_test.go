package document_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
)

// office writes an Office file of parts, given as name and content in turn.
func office(t testing.TB, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

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

func wordFile(t testing.TB) string {
	return office(t, "word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+
		`<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Head</w:t></w:r></w:p><w:p><w:r><w:t>Some text.</w:t></w:r></w:p></w:body></w:document>`)
}

func slideFile(t testing.TB) string {
	return office(t,
		"ppt/presentation.xml", `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"`+
			` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst><p:sldId r:id="a"/></p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Target="s.xml"/></Relationships>`,
		"ppt/s.xml", `<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">`+
			`<p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Some text.</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`)
}

func TestOfficeConformance(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(testing.TB) string{"a.docx": wordFile, "a.pptx": slideFile} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			converttest.Run(t, converttest.Case{
				New:        func(string) convert.Converter { return document.New(document.Config{}) },
				Source:     func(t *testing.T) content.Source { return file(t, name, []byte(write(t))) },
				Structured: true,
			})
		})
	}
}

func TestOfficeText(t *testing.T) {
	t.Parallel()
	if doc := mustConvert(t, "a.docx", wordFile(t)); doc.Content != "## Head\n\nSome text." {
		t.Errorf("docx: %q", doc.Content)
	}
	if doc := mustConvert(t, "a.pptx", slideFile(t)); doc.Content != "## Slide 1\n\nSome text." {
		t.Errorf("pptx: %q", doc.Content)
	}
}

// TestEncryptedOffice: an encrypted file is a compound file that holds a package.
func TestEncryptedOffice(t *testing.T) {
	t.Parallel()
	name := strings.Join(strings.Split("EncryptedPackage", ""), "\x00") + "\x00"
	raw := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 1200) + name + strings.Repeat("\x00", 1000)
	_, err := convertFile(t, file(t, "a.docx", []byte(raw)), convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("error %v", err)
	}
}
