package document

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzValues(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\ny\"\n"))
	f.Add([]byte("sep=;\na;b\r1;\"\"\"\n|"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseValues(t.Context(), bytes.NewReader(raw), string(raw), ',', ";\t|", 1<<20)
		clean(t, doc, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b": null, "c\n": "d\u0000\f"}], "title": ""}`))
	f.Add([]byte("[{\"a\":1},{\"a\":2}]\n7"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseJSON(raw, 1<<20)
		clean(t, doc, err)
	})
}

func FuzzMail(f *testing.F) {
	f.Add([]byte("From: a\nTo: =?utf-8?q?b?= <c@d>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ny\n--x\nContent-Type: text/html\n\n<p>z\n--x--\n"))
	f.Add([]byte("From: a\nDate: Tue, 05 Mar 2024 10:11:12 +0100\nContent-Transfer-Encoding: base64\nContent-Type: message/rfc822\n\nRnJvbTogYQo=\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseMail(t.Context(), bytes.NewReader(raw), 1<<20, 1<<20)
		clean(t, doc, err)
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
