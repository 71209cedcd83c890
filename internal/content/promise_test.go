package content_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
)

// Every kind of contradiction between a name and what the file is: what it is taken for,
// and what is said of it.
func TestContradiction(t *testing.T) {
	t.Parallel()
	const (
		text = "This is plain text.\nAnd more of it.\n"
		pdf  = "%PDF-1.7\n%\xe2\xe3"
		page = "<!DOCTYPE html><html><body><p>x</p></body></html>"
		rtf  = `{\rtf1\ansi x}`
		ole  = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
		png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
		jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF"
		mp3  = "ID3\x04\x00\x00\x00\x00\x01\x00TIT2"
		mp4  = "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
	)
	docx, odt := zipOf(t, "word/document.xml", "[Content_Types].xml"), storedFirst(t, "application/vnd.oasis.opendocument.text")
	for _, tt := range []struct{ name, head, mime, want string }{
		{"report.docx", text, "text/plain", "report.docx is plain text, not a Word document: it was read as text"},
		{"report.pdf", text, "text/plain", "report.pdf is plain text, not a PDF: it was read as text"},
		{"song.mp3", text, "text/plain", "song.mp3 is plain text, not a recording: it was read as text"},
		{"data.json", text, "text/plain", "data.json is plain text, not JSON: it was read as text"},
		{"page.html", text, "text/plain", "page.html is plain text, not a web page: it was read as text"},
		{"mail.eml", text, "text/plain", "mail.eml is plain text, not an e-mail: it was read as text"},
		{"letter.rtf", text, "text/plain", "letter.rtf is plain text, not an RTF document: it was read as text"},
		{"sheet.xlsx", page, "text/html", "sheet.xlsx is a web page, not an Excel workbook: it was read as a web page"},
		{"sheet.xls", page, "text/html", "sheet.xls is a web page, not an Excel workbook: it was read as a web page"},
		{"letter.doc", rtf, "text/rtf", "letter.doc is an RTF document, not a Word document: it was read as an RTF document"},
		{"notes.txt", page, "text/html", "notes.txt is a web page, not plain text: it was read as a web page"},
		{"letter.txt", rtf, "text/rtf", "letter.txt is an RTF document, not plain text: it was read as an RTF document"},
		{"a.docx", odt, "application/vnd.oasis.opendocument.text", "a.docx is an OpenDocument text, not a Word document: it was read as an OpenDocument text"},
		{"a.docx", pdf, "application/pdf", "a.docx is a PDF, not a Word document: it was read as a PDF"},
		{"scan.pdf", png, "image/png", "scan.pdf is a picture, not a PDF: it was read as a picture"},
		{"scan.png", pdf, "application/pdf", "scan.png is a PDF, not a picture: it was read as a PDF"},
		{"talk.mp3", mp4, "video/mp4", "talk.mp3 is a video, not a recording: it was read as a video"},
		{"talk.mp4", mp3, "audio/mpeg", "talk.mp4 is a recording, not a video: it was read as a recording"},
		{`C:\folder\a  b.pdf`, text, "text/plain", "a b.pdf is plain text, not a PDF: it was read as text"},

		// No contradiction.
		{"report.docx", docx, docxMIME, ""},
		{"report.docx", ole, "application/x-ole-storage", ""}, // encrypted
		{"report.doc", ole, "application/msword", ""},
		{"report.doc", docx, docxMIME, ""},
		{"photo.png", jpeg, "image/jpeg", ""},
		{"notes.txt", "a,b\n1,2\n", "text/plain", ""},
		{"page.html", "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>", "", ""},
		{"page.html", "some <b>bold</b> text", "text/html", ""},
		{"data.json", "  [1,", "application/json", ""},
		{"data.json", "\xff\xfe{\x00", "application/json", ""},
		{"mail.eml", "X-Spam: no\nnonsense\nSubject: a\n\nb", "message/rfc822", ""},
		{"mail.eml", "From nobody Mon\n\nb", "message/rfc822", ""},
		{"README", pdf, "application/pdf", ""},
		{"a.dwg", pdf, "application/pdf", ""},
	} {
		_, mime := content.Detect([]byte(tt.head), tt.name)
		if got := content.Contradiction(tt.name, mime); got != tt.want || tt.mime != "" && mime != tt.mime {
			t.Errorf("%s: taken for %s\n got %q\nwant %q", tt.name, mime, got, tt.want)
		}
	}
	if got := content.Contradiction("a.pdf", ""); got != "" {
		t.Errorf("of what is not known: %q", got)
	}
}

func FuzzContradiction(f *testing.F) {
	f.Add("a\nb.docx", []byte("text"))
	f.Add("\xff.pdf", []byte("{\\rtf"))
	f.Fuzz(func(t *testing.T, name string, head []byte) {
		_, mime := content.Detect(head, name)
		got := content.Contradiction(name, mime)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n") || len(got) > 1200 {
			t.Errorf("%q", got)
		}
	})
}
