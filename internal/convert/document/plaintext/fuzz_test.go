package plaintext

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzText(f *testing.F) {
	f.Add([]byte("plain\r\n\ftext"))
	f.Add([]byte("\xff\xfea\x00b\x00"))
	f.Add([]byte("a\x00b\x00c\x00d\x00"))
	f.Add([]byte("caf\xe9"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(raw)
		converttest.Clean(t, doc, err)
	})
}
