package mail

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

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
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '>' || unicode.IsSpace(r) }), "")
		}
		if got := plainMail(text, true, delsp); plain(got) != plain(text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzParameters(f *testing.F) {
	f.Add(`text/html; charset = "iso-8859-1" name*0*=utf-8''%41; name*1=b`)
	f.Add("a b=c;;=\"\\")
	f.Fuzz(func(t *testing.T, field string) {
		value, params := parameters(field)
		if strings.ContainsAny(value, " \t;") || len(params) > maxParameters {
			t.Errorf("%q is %q with %v", field, value, params)
		}
	})
}

// Whatever bytes there are, none is invented.
func FuzzSigned(f *testing.F) {
	f.Add([]byte("0\x80\x06\x09" + oidSigned + "\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09" + oidData +
		"\xa0\x80\x24\x80\x04\x02ab\x04\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := signedText(raw)
		if (text == nil) != (err != nil) || len(text) > len(raw) {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// A signature of the kind that is written as it is computed: lengths are left open, and the
// text is in pieces.
func TestSignedInPieces(t *testing.T) {
	t.Parallel()
	raw := "0\x80\x06\x09" + oidSigned + "\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09" + oidData +
		"\xa0\x80\x24\x80\x04\x02ab\x04\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	if text, err := signedText([]byte(raw)); err != nil || string(text) != "abc" {
		t.Errorf("%q, %v", text, err)
	}
}
