package app_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"morag/internal/config"
)

// zipped makes an archive of files, by name and content in turn.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		part, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(part, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wordTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
	`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

// zipBomb is a Word document whose text unpacks to size bytes, and says it were declared.
// About a MiB of paragraphs is packed once and repeated, so that it costs little.
func zipBomb(t *testing.T, declared uint64, size int64) []byte {
	t.Helper()
	paragraph := `<w:p><w:r><w:t>` + strings.Repeat("a", 64) + `</w:t></w:r></w:p>`
	block := strings.Repeat(paragraph, 1<<20/len(paragraph))
	var packed bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	start := `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`
	_, _ = io.WriteString(deflate, start)
	_ = deflate.Flush()
	head := bytes.Clone(packed.Bytes())
	packed.Reset()
	// Each block refers to nothing before it, so that it can be put anywhere.
	deflate.Reset(&packed)
	_, _ = io.WriteString(deflate, block)
	_ = deflate.Flush()
	raw := append(head, bytes.Repeat(packed.Bytes(), int(size)/len(block))...)

	var b bytes.Buffer
	w := zip.NewWriter(&b)
	part, err := w.Create("[Content_Types].xml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, wordTypes)
	part, err = w.CreateRaw(&zip.FileHeader{
		Name: "word/document.xml", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(nil),
		CompressedSize64: uint64(len(raw)), UncompressedSize64: declared,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(raw)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAttackZipBomb sends small documents that unpack to far more than is taken, be it
// declared or not, and some that only say so.
func TestAttackZipBomb(t *testing.T) {
	t.Parallel()
	v := attacked(t, func(s *config.Server) { s.Engines.MaxExtracted = 8 << 20 })
	for name, tt := range map[string]struct {
		bomb []byte
		says string
	}{
		"declared":           {zipBomb(t, 64<<20, 64<<20), "larger than 8388608 bytes when unpacked"},
		"declared small":     {zipBomb(t, 1000, 64<<20), "damaged"}, // what is beyond is not looked at
		"declared beyond":    {zipBomb(t, 1<<62, 64<<20), "larger than 8388608 bytes when unpacked"},
		"declared, not held": {zipBomb(t, 1<<40, 1<<20), "damaged"},
	} {
		if len(tt.bomb) > 1<<20 {
			t.Fatalf("%s: the bomb itself has %d bytes", name, len(tt.bomb))
		}
		before := v.files()
		if status, text := v.convert(name+".docx", tt.bomb); status != http.StatusUnprocessableEntity || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %.200s, want %q", name, status, text, tt.says)
		}
		if after := v.files(); after != before {
			t.Errorf("%s: %d files are stored, %d were there before", name, after, before)
		}
	}
}

// convert converts a file at once.
func (v *target) convert(name string, content []byte) (int, string) {
	v.t.Helper()
	return v.send("/process/file", name, content)
}

// TestAttackFilesThatCall sends files that name other files and addresses, which whoever
// reads them must neither open nor call.
func TestAttackFilesThatCall(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was called", r.URL) }))
	t.Cleanup(inner.Close)
	v := attacked(t, nil)
	secret := "file://" + v.secret
	doctype := fmt.Sprintf(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM %q><!ENTITY y SYSTEM %q><!ENTITY %% d SYSTEM %q>%%d;]>`, secret, inner.URL+"/entity", inner.URL+"/dtd")
	page := fmt.Sprintf(`<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="refresh" content="0;url=%[1]s/meta"/><link rel="stylesheet" href="%[1]s/style"/>`+
		`<script src="%[1]s/script"></script></head><body><p>Words <img src="%[1]s/image"/><iframe src="%[1]s/frame"/><object data=%[2]q/></p></body></html>`, inner.URL, secret)
	word := `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
		`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><w:body><w:p><w:r><w:t>Words %s</w:t><w:drawing><a:blip r:link="image"/></w:drawing></w:r></w:p></w:body></w:document>`
	relations := fmt.Sprintf(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="image" TargetMode="External" `+
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="%[1]s/image"/><Relationship Id="template" TargetMode="External" `+
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="%[1]s/template"/></Relationships>`, inner.URL)
	open := `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
		`xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:text><text:p>Words %s` +
		`<draw:image xlink:href="` + inner.URL + `/image"/></text:p></office:text></office:body></office:document-content>`
	book := func(chapter string) []byte {
		return zipped(t, "mimetype", "application/epub+zip",
			"META-INF/container.xml", `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>`,
			"a.opf", fmt.Sprintf(`<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href=%q media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>`, chapter),
			"a.xhtml", page, "x.xhtml", doctype+strings.Replace(page, "Words", "&x;&y;", 1))
	}
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n" + inner.URL + "/piece.ts\n#EXTINF:9,\n" + secret + "\n#EXT-X-ENDLIST\n"
	for name, file := range map[string][]byte{
		"a.docx":         zipped(t, "[Content_Types].xml", wordTypes, "word/_rels/document.xml.rels", relations, "word/document.xml", fmt.Sprintf(word, "")),
		"entity.docx":    zipped(t, "[Content_Types].xml", wordTypes, "word/document.xml", doctype+fmt.Sprintf(word, "&x;&y;")),
		"a.odt":          zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", fmt.Sprintf(open, "")),
		"entity.odt":     zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", doctype+fmt.Sprintf(open, "&x;&y;")),
		"a.epub":         book("a.xhtml"),
		"entity.epub":    book("x.xhtml"),
		"climbing.epub":  book(strings.Repeat("../", 20) + v.secret[1:]),
		"calling.epub":   book(inner.URL + "/chapter"),
		"a.html":         []byte(page),
		"a.eml":          []byte("From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/external-body; access-type=URL; URL=\"" + inner.URL + "\"\n\n\n--b\nContent-Type: text/html\n\n" + page + "\n--b--\n"),
		"a.rtf":          fmt.Appendf(nil, `{\rtf1 Words {\field{\*\fldinst INCLUDEPICTURE "%s/picture"}{\fldrslt x}}{\*\template %s/template}}`, inner.URL, inner.URL),
		"a.svg":          []byte(doctype + `<svg xmlns="http://www.w3.org/2000/svg"><text>&x;&y;</text></svg>`),
		"a.xml":          []byte(doctype + `<r>&x;&y;</r>`),
		"a.rst":          fmt.Appendf(nil, "Words\n=====\n\n.. include:: %s\n\n.. csv-table:: x\n   :url: %s/table\n", v.secret, inner.URL),
		"playlist.mp4":   []byte(playlist),
		"playlist.mp3":   []byte("ID3\x03\x00\x00\x00\x00\x00\x0a" + strings.Repeat("\x00", 10) + playlist),
		"list.mp4":       []byte("ffconcat version 1.0\nfile " + v.secret + "\n"),
		"manifest.mp4":   []byte(`<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation id="1"><BaseURL>` + inner.URL + `/dash</BaseURL></Representation></AdaptationSet></Period></MPD>`),
		"a.ipynb":        []byte(`{"cells":[{"cell_type":"markdown","source":["![x](` + inner.URL + `/image)"]}],"nbformat":4}`),
		"a.csv":          []byte("a,b\n=WEBSERVICE(\"" + inner.URL + "/cell\"),1\n"),
		"include.tex":    []byte(`\documentclass{article}\begin{document}\input{` + v.secret + `}Words\end{document}`),
		"attachment.mkv": []byte("\x1aE\xdf\xa3" + playlist),
	} {
		status, text := v.convert(name, file)
		if status != http.StatusOK && status != http.StatusUnprocessableEntity || strings.Contains(text, secretText) {
			t.Errorf("%s: %d %.300s", name, status, text)
		}
	}
}
