package mail_test

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

const mailText = "From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <j@example.com>\r\n" +
	"To: Ann <a@example.com>,\r\n b@example.com\r\n" +
	"Subject: =?iso-8859-1?Q?Gr=FC=DFe?= from the\r\n =?utf-8?B?w4R0bmE=?=\r\n" +
	"Date: Tue, 05 Mar 2024 10:11:12 +0100\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=out\r\n\r\n" +
	"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
	"--in\r\nContent-Type: text/plain; charset=iso-8859-15\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSee =A4 HTML.\r\n" +
	"--in\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<meta charset=iso-8859-2><h2>Häding</h2><p>Many <b>more</b> words than there are in the other part.</p>" +
	"<table><tr><th>A</th></tr><tr><td>1</td></tr></table>\r\n--in--\r\n" +
	"--out\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n" +
	"--out\r\nContent-Type: message/rfc822\r\n\r\nFrom: z@example.com\r\nSubject: Inner\r\n\r\nThe inner text.\r\n" +
	"--out--\r\n"

func TestMail(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.eml", mailText)
	want := "# Grüße from the Ätna\n\n- From: Jürgen Müller <j@example.com>\n- To: Ann <a@example.com>, b@example.com\n" +
		"- Date: 2024-03-05T10:11:12+01:00\n\n## Häding\n\nMany **more** words than there are in the other part.\n\n" +
		"| A |\n|---|\n| 1 |\n\n## Inner\n\n- From: z@example.com\n\nThe inner text.\n\n" +
		"Attachments:\n\n- Übersicht.pdf (application/pdf, 6 bytes)"
	if doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
	for key, want := range map[string]any{
		"title": "Grüße from the Ätna", "author": "Jürgen Müller <j@example.com>", "created": "2024-03-05T09:11:12Z",
		"to": "Ann <a@example.com>, b@example.com", "engine": "eml", "mime_type": "message/rfc822",
	} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: %v, want %v", key, doc.Metadata[key], want)
		}
	}
}

func TestMailBodies(t *testing.T) {
	t.Parallel()
	const head = "From: a@example.com\nTo: b@example.com\n"
	for name, tt := range map[string]struct{ raw, want string }{
		"plain":         {"\nSome *text*.\n", "Some *text*."},
		"base64":        {"Content-Transfer-Encoding: base64\n\nU29tZSB0ZXh0Lg==\n", "Some text."},
		"flowed":        {"Content-Type: text/plain; format=flowed\n\nOne \nline.\n> quoted \n> text\n", "One line.\n> quoted text"},
		"UTF-16":        {"Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\nRwD8AA==\n", "Gü"},
		"no set":        {"\nGr\xfc\xdfe\n", "Grüße"},
		"a false set":   {"Content-Type: text/plain; charset=x-none\n\nGrüße\n", "Grüße"},
		"html":          {"Content-Type: text/html\n\n<p>Some <i>text</i></p>\n", "Some *text*"},
		"nothing":       {"\n", ""},
		"plain is best": {"Content-Type: multipart/alternative; boundary=x\n\n--x\n\nThe text.\n--x\nContent-Type: text/html\n\n<p>The <b>text</b>.\n--x--\n", "The text."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, "a.eml", head+tt.raw)
			_, text, _ := strings.Cut(doc.Content, "b@example.com\n")
			if doc.Content == "- From: a@example.com\n- To: b@example.com" {
				text = ""
			}
			if strings.TrimSpace(text) != tt.want {
				t.Errorf("%q, want %q", doc.Content, tt.want)
			}
		})
	}
}

func TestBadMail(t *testing.T) {
	t.Parallel()
	nested := "From: a\nTo: b\n"
	for range 30 {
		nested += "Content-Type: message/rfc822\n\nFrom: a\nTo: b\n"
	}
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":    {mailText[:len(mailText)/2], "truncated"},
		"no mail":      {"Note: this is text\n\nand no mail", "not an e-mail"},
		"nested":       {nested, "deeper"},
		"cut in file":  {mailText[:strings.Index(mailText, "JVBE")+3], "truncated"},
		"without ends": {strings.ReplaceAll(mailText, "--out--", ""), "truncated"},
	} {
		src := documenttest.File(t, "a.eml", []byte(tt.raw))
		src.MIME = "message/rfc822"
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.eml", []byte(mailText), true)
}
