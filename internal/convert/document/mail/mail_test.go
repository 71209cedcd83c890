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
		"no mail": {"Note: this is text\n\nand no mail", "not an e-mail"},
		"nested":  {nested, "deeper"},
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
	documenttest.Conformance(t, "a.eml", []byte(mailText), false)
}

// What is damaged costs itself only, and is told.
func TestDamagedMail(t *testing.T) {
	t.Parallel()
	const head = "From: a@example.org\nTo: b@example.org\nSubject: Crane\nMIME-Version: 1.0\n"
	const mixed = head + "Content-Type: multipart/mixed; boundary=xx\n\n--xx\n\nThe crane is repaired.\n--xx\n"
	for name, tt := range map[string]struct{ raw, has, warning string }{
		"cut in the text":          {mailText[:strings.Index(mailText, "words than")+5], "See € HTML.", "truncated"},
		"cut in a file":            {mailText[:strings.Index(mailText, "JVBE")+3], "Many **more** words", "an attachment of the e-mail is damaged"},
		"without an end":           {strings.ReplaceAll(mailText, "--out--", ""), "The inner text.", "truncated"},
		"without an inner end":     {strings.ReplaceAll(mailText, "--in--", ""), "The inner text.", ""},
		"a line that is no field":  {"From: a@example.org\nno colon here\nSubject: Crane\n\nThe text.\n", "# Crane", "a line in a header"},
		"such a line in a part":    {mixed + "no colon here\nContent-Type: application/pdf\n\nabc\n--xx--\n", "The crane is repaired.\n\nAttachments:\n\n- without a name (application/pdf, 3 bytes)", "a line in a header"},
		"a boundary not indented":  {head + "Content-Type: multipart/mixed;\nboundary=\"xx\"\n\n--xx\n\nThe text.\n--xx--\n", "The text.", ""},
		"fields run together":      {head + "Content-Type: text/html; charset = \"iso-8859-1\" Content-Transfer-Encoding: 8bit\n\n<p>The text.</p>\n", "The text.", ""},
		"no semicolon":             {head + "Content-Type: text/plain charset=iso-8859-1\n\nGr\xfc\xdfe\n", "Grüße", ""},
		"base64 cut off":           {head + "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nU29tZSB0ZXh0LiB\n", "Some text", "damaged or cut off"},
		"text after the last part": {mixed + "\nSecond.\n--xx--\nepilogue\n", "Second.", ""},
		"encrypted":                {head + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx\n", "- smime.p7m (application/pkcs7-mime, 2 bytes)", "encrypted"},
		"no boundary":              {head + "Content-Type: multipart/mixed; boundary=yy\n\nThe crane\n-- is repaired.\n", "The crane\n-- is repaired.", "is missing: it was taken as one text"},
		"another boundary":         {head + "Content-Type: multipart/alternative; boundary=yy\n\n--zz \nContent-Type: text/html\n\n<p>The <b>crane</b>.</p>\n--zz--\n", "The **crane**.", "another boundary"},
		"no signature":             {head + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nx\n", "- smime.p7m (application/pkcs7-mime, 2 bytes)", "S/MIME"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, "a.eml", tt.raw)
			warnings := strings.Join(doc.Warnings, "; ")
			if !strings.Contains(doc.Content, tt.has) || strings.Contains(doc.Content, "epilogue") || !strings.Contains(warnings, tt.warning) || tt.warning == "" && warnings != "" {
				t.Errorf("%q, warnings %q", doc.Content, warnings)
			}
		})
	}
}

// Bodies of every kind of text are read, and what programs name them and their files.
func TestMailKinds(t *testing.T) {
	t.Parallel()
	const head = "From: \"=?utf-8?Q?Zo=C3=AB_Brandt?=\" <z@example.org>\nTo: b@example.org\n"
	for name, tt := range map[string]struct{ raw, has string }{
		"a name in quotes":      {"\nHi.\n", "- From: Zoë Brandt <z@example.org>"},
		"enriched":              {"Content-Type: text/enriched\n\n<bold>The <color><param>red</param>crane</color></bold> is << 5 m.\n", "The crane is < 5 m."},
		"Markdown":              {"Content-Type: text/markdown\n\nThe *crane*.\n", "The *crane*."},
		"a text with a name":    {"Content-Type: text/plain; name=\"note.txt\"\n\nThe crane.\n", "The crane."},
		"a report":              {"Content-Type: multipart/report; boundary=x\n\n--x\n\nNot delivered.\n--x\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; x@example.org\nStatus: 5.1.1\n--x--\n", "Status: 5.1.1"},
		"an invitation":         {"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nDTSTART:1970\nEND:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:Harbour\n  board\nLOCATION:Room 12\\, west\nDTSTART;TZID=X:20240312T090000\nORGANIZER;CN=\"Ann\":mailto:a@example.org\nEND:VEVENT\nEND:VCALENDAR\n", "- Summary: Harbour board\n- Start: 20240312T090000\n- Location: Room 12, west\n- Organizer: Ann <a@example.org>"},
		"a page that names its": {"Content-Type: text/html\n\n<meta charset=\"windows-1250\"><p>P\xf8\xedli\x9a</p>\n", "Příliš"},
		"cp850":                 {"Content-Type: text/plain; charset=cp850\n\nGr\x94\xe1e\n", "Größe"},
		"UTF-7":                 {"Content-Type: text/plain; charset=utf-7\n\nGr+APYA3w-e\n", "Größe"},
		"a Japanese name":       {"Content-Type: application/pdf\nContent-Disposition: attachment;\n filename*0*=iso-2022-jp''%1B%24B%40A5a%3Dq;\n filename*1*=%1B%28B.pdf\n\nx\n", "- 請求書.pdf ("},
		"a name with blanks":    {"Content-Type: application/pdf\nContent-Disposition: attachment; filename=my file.pdf\n\nx\n", "- my file.pdf ("},
		"a name in pieces":      {"Content-Type: application/pdf; name*0=\"a \\\"b\\\"\"; name*1=\" c.pdf\"\n\nx\n", "- a \"b\" c.pdf ("},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, "a.eml", head+tt.raw)
			if !strings.Contains(doc.Content, tt.has) || len(doc.Warnings) > 0 {
				t.Errorf("%q, warnings %q", doc.Content, doc.Warnings)
			}
		})
	}
}
