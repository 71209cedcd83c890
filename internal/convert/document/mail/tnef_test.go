package mail_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// attribute is an attribute of a file of Outlook's own.
func attribute(level byte, id uint32, data string) string {
	b := binary.LittleEndian.AppendUint32([]byte{level}, id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return string(b) + data + "\x00\x00"
}

func word32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// properties is a list of properties of text, by their type and id.
func properties(all ...string) string { return word32(len(all)) + strings.Join(all, "") }

func property(kind, id uint16, value string) string {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, id)
	return string(b) + word32(1) + word32(len(value)) + value + strings.Repeat("\x00", (4-len(value)%4)%4)
}

// winmail is such a file: a message with a file and a message attached.
func winmail() string {
	const magic = "\x78\x9F\x3E\x22\x01\x00"
	inner := magic + attribute(1, 0x00018004, "Inner\x00") + attribute(1, 0x00069003, properties(property(0x001E, 0x1000, "The inner text.\x00")))
	number := "\x03\x00\xDE\x3F" + word32(65001) // of a fixed size
	named := "\x1F\x00\x01\x80" + strings.Repeat("g", 16) + word32(1) + word32(6) + wide("abc") + "\x00\x00" + word32(1) + word32(4) + wide("no")
	return magic +
		attribute(1, 0x00069007, word32(1252)+word32(0)) +
		attribute(1, 0x00018004, "Crane\x00") +
		attribute(1, 0x0002800C, "an older form of it\x00") +
		attribute(1, 0x00069003, properties(number, named, property(0x001F, 0x0C1A, wide("Ann Berg")), property(0x001E, 0x1000, "The cr\xe4ne is repaired.\x00"))) +
		attribute(2, 0x00069002, strings.Repeat("\x00", 14)) + attribute(2, 0x00018010, "REPORT~1.PDF\x00") + attribute(2, 0x0006800F, "%PDF-1.4") +
		attribute(2, 0x00069005, properties(property(0x001F, 0x3707, wide("Report of March.pdf")))) +
		attribute(2, 0x00069002, strings.Repeat("\x00", 14)) +
		attribute(2, 0x00069005, properties(property(0x000D, 0x3701, strings.Repeat("i", 16)+inner)))
}

const winmailText = "The cräne is repaired.\n\n## Inner\n\n\nThe inner text.\n\nAttachments:\n\n- Report of March.pdf (application/octet-stream, 8 bytes)"

// What Outlook attaches for itself is read: alone, and in a mail that says the same once more
// or nothing.
func TestWinmail(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "winmail.dat", winmail())
	if want := "# Crane\n\n- From: Ann Berg\n\n" + winmailText; doc.Content != want || doc.Metadata["title"] != "Crane" || len(doc.Warnings) > 0 {
		t.Errorf("got %q, %v, %q", doc.Content, doc.Metadata, doc.Warnings)
	}
	const head = "From: a@example.org\nSubject: Crane\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
	file := "--x\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(winmail())) + "\n--x--\n"
	for name, tt := range map[string]struct{ said, want string }{
		"the same text": {"\nThe crane is repaired.\n", "The crane is repaired.\n\n## Inner\n\n\nThe inner text.\n\nAttachments:\n\n- Report of March.pdf"},
		"no text":       {"Content-Type: text/html\n\n<p></p>\n", "## Inner\n\n\nThe inner text.\n\nAttachments:\n\n- Report of March.pdf"},
	} {
		doc := documenttest.Must(t, "a.eml", head+tt.said+file)
		if !strings.Contains(doc.Content, tt.want) || len(doc.Warnings) > 0 {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}

// Of a file that is cut off there is what came.
func TestDamagedWinmail(t *testing.T) {
	t.Parallel()
	whole := winmail()
	cut := whole[:strings.Index(whole, "%PDF")+4]
	doc := documenttest.Must(t, "winmail.dat", cut)
	if !strings.Contains(doc.Content, "The cräne is repaired.") || len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "damaged or cut off") {
		t.Errorf("got %q, %q", doc.Content, doc.Warnings)
	}
	src := documenttest.File(t, "winmail.dat", []byte("no such file"))
	src.MIME = "application/ms-tnef"
	if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("got %v", err)
	}
}
