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
