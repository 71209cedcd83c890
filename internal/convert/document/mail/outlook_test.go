package mail_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/compound/compoundtest"
	"morag/internal/convert/document/documenttest"
)

func wide(s string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return string(b)
}

// fixed is a stream of properties of a fixed size, after so many bytes.
func fixed(head int, values map[uint16]uint64) string {
	b := make([]byte, head)
	for id, value := range values {
		b = binary.LittleEndian.AppendUint16(b, 3)
		b = binary.LittleEndian.AppendUint16(b, id)
		b = binary.LittleEndian.AppendUint32(b, 6)
		b = binary.LittleEndian.AppendUint64(b, value)
	}
	return string(b)
}

// submitted is 2024-03-05T14:30:00Z.
const submitted = 133541226000000000

// message is a message of Outlook as streams; others are laid over them.
func message(others map[string]string) map[string]string {
	streams := map[string]string{
		"__properties_version1.0":                           fixed(32, map[uint16]uint64{0x0039: submitted, 0x3FDE: 65001}),
		"__substg1.0_0037001F":                              wide("Landings – März"),
		"__substg1.0_0C1A001F":                              wide("Ann Berg"),
		"__substg1.0_5D01001F":                              wide("ann@example.org"),
		"__substg1.0_1000001F":                              wide("Dear Bob,\r\nthe ferry is late.\r\n"),
		"__substg1.0_1035001F":                              wide("<1@example.org>"),
		"__nameid_version1.0/x":                             "y",
		"__recip_version1.0_#00000000/__substg1.0_3001001F": wide("Bob"), "__recip_version1.0_#00000000/__substg1.0_39FE001F": wide("bob@example.org"),
		"__recip_version1.0_#00000000/__properties_version1.0": fixed(8, map[uint16]uint64{0x0C15: 1}),
		"__recip_version1.0_#00000001/__substg1.0_3001001F":    wide("The Board"), "__recip_version1.0_#00000001/__substg1.0_3003001F": wide("/O=ORG/CN=BOARD"),
		"__recip_version1.0_#00000001/__properties_version1.0": fixed(8, map[uint16]uint64{0x0C15: 2}),
	}
	for name, value := range others {
		streams[name] = value
	}
	return streams
}

func TestOutlook(t *testing.T) {
	t.Parallel()
	head := "# Landings – März\n\n- From: Ann Berg <ann@example.org>\n- To: Bob <bob@example.org>\n- Cc: The Board\n- Date: 2024-03-05T14:30:00Z\n\n"
	for name, tt := range map[string]struct {
		others map[string]string
		want   string
	}{
		"plain":    {nil, "Dear Bob,\nthe ferry is late."},
		"a page":   {map[string]string{"__substg1.0_1000001F": "", "__substg1.0_10130102": "<p>the <b>f\u00e4hre</b></p>"}, "the **f\u00e4hre**"},
		"old text": {map[string]string{"__substg1.0_1000001F": "", "__substg1.0_1000001E": "caf\xe9", "__properties_version1.0": fixed(32, map[uint16]uint64{0x0039: submitted, 0x3FFD: 1252})}, "café"},
		"rich text": {map[string]string{"__substg1.0_1000001F": "", "__substg1.0_10090102": "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7" +
			"\x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0"}, "hello world"},
		"attachments": {map[string]string{
			"__attach_version1.0_#00000000/__substg1.0_3707001F": wide("map.png"), "__attach_version1.0_#00000000/__substg1.0_370E001F": wide("image/png"),
			"__attach_version1.0_#00000000/__substg1.0_37010102":                         strings.Repeat("x", 5000),
			"__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0": fixed(24, nil),
			"__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F":    wide("Inner"),
			"__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F":    wide("inside"),
		}, "Dear Bob,\nthe ferry is late.\n\n## Inner\n\n\ninside\n\nAttachments:\n\n- map.png (image/png, 5000 bytes)"},
	} {
		for _, file := range []string{"a.msg", "a", "a.doc"} {
			doc := documenttest.Must(t, file, string(compoundtest.File(message(tt.others))))
			if doc.Content != head+tt.want || len(doc.Warnings) > 0 {
				t.Errorf("%s, %s: %q, %q", name, file, doc.Content, doc.Warnings)
			}
			m := doc.Metadata
			if m["title"] != "Landings – März" || m["author"] != "Ann Berg <ann@example.org>" || m["created"] != "2024-03-05T14:30:00Z" || m["message_id"] != "<1@example.org>" || m["engine"] != "msg" {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}

func TestBadOutlook(t *testing.T) {
	t.Parallel()
	deep, at := map[string]string{}, ""
	for range 30 {
		deep[at+"__properties_version1.0"] = fixed(32, nil)
		at += "__attach_version1.0_#00000000/__substg1.0_3701000D/"
	}
	sound := compoundtest.File(message(map[string]string{"__attach_version1.0_#00000000/__substg1.0_37010102": strings.Repeat("x", 50_000)}))
	for name, tt := range map[string]struct {
		raw  []byte
		want string
	}{
		"truncated": {sound[:len(sound)/2], "damaged or cut off"},
		"deep":      {compoundtest.File(deep), "nests deeper than 20"},
	} {
		src := documenttest.File(t, "a.msg", tt.raw)
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc := documenttest.Must(t, "a.msg", string(compoundtest.File(message(map[string]string{"__substg1.0_1000001F": "", "__substg1.0_10090102": "short", "__substg1.0_001A001F": wide("IPM.Note.SMIME")}))))
	if !slices.Equal(doc.Warnings, []string{"a part of the e-mail is damaged or cut off: some of its text may be missing", "the e-mail is signed or encrypted (S/MIME): its text may be in an attachment that cannot be read"}) {
		t.Errorf("%q", doc.Warnings)
	}
	_, mime := content.Detect([]byte("words"), "a.msg")
	if said := content.Contradiction("a.msg", mime); said != "a.msg is plain text, not an Outlook message: it was read as text" {
		t.Errorf("%q", said)
	}
}
