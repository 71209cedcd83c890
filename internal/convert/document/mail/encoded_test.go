package mail_test

import (
	"slices"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

func TestEncodedFiles(t *testing.T) {
	t.Parallel()
	const head = "From: a@example.test\r\nTo: b@example.test\r\nSubject: U\r\n\r\n"
	for name, tt := range map[string]struct{ body, gone, kept string }{
		"a file":                {"See.\r\n\r\nbegin 644 a b.txt\r\n+:&5L;&\\@=V]R;&0\r\n`\r\nend\r\n\r\nBye.\r\n", "5L;&", "- a b.txt (application/octet-stream, 11 bytes)"},
		"two files":             {"begin 644 a\r\n#86)C\r\nend\r\nbegin 644 b\r\n`\r\nend\r\nBye.", "86)C", "- b (application/octet-stream, 0 bytes)"},
		"a sentence":            {"begin 644 with me\r\nand this is far too long to be a line of a file.\r\nend", "Attachments", "begin 644 with me"},
		"a file without an end": {"begin 644 a\r\n#86)C\r\n", "Attachments", "#86)C"},
	} {
		doc := documenttest.Must(t, "a.eml", head+tt.body)
		if strings.Contains(doc.Content, tt.gone) || !strings.Contains(doc.Content, tt.kept) {
			t.Errorf("%s: %q", name, doc.Content)
		}
	}
}

// A file of Outlook's own that cannot be read is told to be missing.
func TestOutlookFile(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"application/ms-tnef; name=winmail.dat": true, "application/octet-stream; name=WINMAIL.DAT": true, "application/octet-stream; name=a.dat": false,
	} {
		doc := documenttest.Must(t, "a.eml", "From: a@example.test\r\nSubject: T\r\nContent-Type: "+contentType+"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n")
		if got := slices.Contains(doc.Warnings, "Outlook has put a part of the e-mail into a file (winmail.dat) that cannot be read."); got != want {
			t.Errorf("%s: %q", contentType, doc.Warnings)
		}
	}
}
