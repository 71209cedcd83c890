package mail

import (
	"bytes"
	"testing"

	"morag/internal/convert/converttest"
	"morag/internal/convert/document/compound/compoundtest"
)

func FuzzOutlook(f *testing.F) {
	f.Add([]byte("a\x00b\x00"), []byte("<p>c"), []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0"), []byte("a@b.example"))
	f.Fuzz(func(t *testing.T, text, page, rich, address []byte) {
		inner := "__attach_version1.0_#00000000/__substg1.0_3701000D/"
		streams := map[string]string{
			"__properties_version1.0": string(page), "__substg1.0_1000001F": string(text), "__substg1.0_10130102": string(page), "__substg1.0_0C1F001E": string(address),
			"__recip_version1.0_#00000000/__substg1.0_3003001E": string(address), inner + "__properties_version1.0": string(text), inner + "__substg1.0_10090102": string(rich),
			"__attach_version1.0_#00000001/__substg1.0_37010102": string(rich), "__attach_version1.0_#00000001/__substg1.0_3707001E": string(address),
		}
		raw := compoundtest.File(streams)
		doc, err := parseOutlook(t.Context(), bytes.NewReader(raw), int64(len(raw)), 1<<20, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

// FuzzMessage is given whole files.
func FuzzMessage(f *testing.F) {
	f.Add(compoundtest.File(map[string]string{"__properties_version1.0": "", "__substg1.0_0037001F": "a\x00", "__recip_version1.0_#00000000/__substg1.0_3001001F": "b\x00"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseOutlook(t.Context(), bytes.NewReader(raw), int64(len(raw)), 1<<20, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

// FuzzWinmail is given whole files.
func FuzzWinmail(f *testing.F) {
	f.Add([]byte(tnefMagic + "\x01\x00\x01\x03\x90\x06\x00\x18\x00\x00\x00\x01\x00\x00\x00\x1e\x00\x00\x10\x01\x00\x00\x00\x05\x00\x00\x00text\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte(tnefMagic + "\x01\x00\x02\x05\x90\x06\x00\x1a\x00\x00\x00\x01\x00\x00\x00\x0d\x00\x01\x37\x01\x00\x00\x00\x1f\x00\x00\x000123456789abcdef" + tnefMagic + "\x01\x00\x01\x04\x80\x01\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseWinmail(&mailReader{ctx: t.Context(), maxPart: 1 << 20, left: 1 << 20}, raw)
		converttest.Clean(t, doc, err)
	})
}

// FuzzEncoded: what is no file stays as it is.
func FuzzEncoded(f *testing.F) {
	f.Add("See.\nbegin 644 a.txt\n+:&5L;&\\@=V]R;&0\n`\nend\nBye.")
	f.Add("begin 644 a\nbegin 644 b\n`\nend\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := &mailReader{ctx: t.Context()}
		left := m.takeEncoded(text)
		if len(left) > len(text) || len(m.attachments) == 0 && left != text {
			t.Errorf("%q became %q", text, left)
		}
	})
}

// FuzzCalendar: an invitation becomes text that can be kept.
func FuzzCalendar(f *testing.F) {
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Harbour\n  board\nDTSTART;TZID=X:20240312T090000\nORGANIZER;CN=\"Ann\":mailto:a@example.org\nEND:VEVENT\nEND:VCALENDAR\n")
	f.Fuzz(func(t *testing.T, text string) {
		if out := calendarText(text); len(out) > 4*len(text)+64 {
			t.Errorf("%q became %q", text, out)
		}
	})
}
