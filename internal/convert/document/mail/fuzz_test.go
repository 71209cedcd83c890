package mail

import (
	"bytes"
	"strings"
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzMail(f *testing.F) {
	f.Add([]byte("From: a\nTo: =?utf-8?q?b?= <c@d>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ny\n--x\nContent-Type: text/html\n\n<p>z\n--x--\n"))
	f.Add([]byte("From: a\nDate: Tue, 05 Mar 2024 10:11:12 +0100\nContent-Transfer-Encoding: base64\nContent-Type: message/rfc822\n\nRnJvbTogYQo=\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(t.Context(), bytes.NewReader(raw), 1<<20, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

func FuzzFlowed(f *testing.F) {
	f.Add("a \nb\n> c \n>d\n-- \n", true)
	f.Fuzz(func(t *testing.T, text string, delsp bool) {
		plain := func(s string) string {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("> \n\t\r\f\v\u0085\u00a0", r) }), "")
		}
		if got := plainMail(text, true, delsp); plain(got) != plain(text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
