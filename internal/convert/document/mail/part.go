package mail

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/html"
	"morag/internal/convert/document/property"
	"morag/internal/convert/frame"
)

// part returns the text of a part and of all in it as Markdown, and notes what is
// attached. level is that of the headings of mails inside.
func (m *mailReader) part(in *splitter, h textproto.MIMEHeader, level int) (string, error) {
	m.depth++
	defer func() { m.depth-- }()
	if m.parts++; m.parts > maxMailParts || m.depth > maxMailDepth {
		return "", convert.BadSource(fmt.Sprintf("the e-mail has more than %d parts or nests deeper than %d", maxMailParts, maxMailDepth), nil)
	}
	mediaType, params := parameters(h.Get("Content-Type"))
	mediaType = cmp.Or(mediaType, "text/plain")
	if strings.HasPrefix(mediaType, "multipart/") && params["boundary"] != "" {
		return m.multipart(in, mediaType, params["boundary"], level)
	}
	body := transferDecoder(h.Get("Content-Transfer-Encoding"), in)
	disposition, name := attachmentName(h, params)
	switch {
	case mediaType == "message/rfc822", mediaType == "message/global":
		return m.inner(body, level)
	case isSigned(mediaType, params):
		return m.signed(mediaType, name, body, level)
	case isEncrypted(mediaType):
		m.warn("the e-mail is encrypted: its text cannot be read")
		return "", m.attach(mediaType, name, body)
	case isWinmail(mediaType, name):
		return m.winmail(mediaType, name, body, level)
	case disposition == "attachment", !isTextual(mediaType):
		return "", m.attach(mediaType, name, body)
	}
	raw, err := m.read(body)
	if err != nil && !errors.Is(err, errTruncated) {
		return "", err
	}
	if err != nil {
		m.warn(damaged)
	}
	return m.text(mediaType, params, raw)
}

// isTextual tells kinds that are read from those that are attached.
func isTextual(mediaType string) bool {
	switch mediaType {
	case "message/delivery-status", "message/disposition-notification", "message/feedback-report", "text":
		return true
	case "text/x-amp-html": // the same once more, for programs that play it
		return false
	}
	return strings.HasPrefix(mediaType, "text/")
}

// text makes Markdown of a part that is text.
func (m *mailReader) text(mediaType string, params map[string]string, raw []byte) (string, error) {
	if mediaType == "text/html" {
		page := raw // which may name its character set itself
		if params["charset"] != "" {
			page = []byte("\uFEFF" + decodePart(raw, params["charset"])) // whatever set the page names, it is UTF-8 now
		}
		if m.isPage {
			doc, err := html.ParseSaved(m.ctx, page)
			if err != nil {
				return "", err
			}
			m.warnings = append(m.warnings, doc.Warnings...)
			return doc.Content, nil
		}
		doc, err := html.Parse(m.ctx, page, "")
		if err != nil {
			return "", err
		}
		return doc.Content, nil
	}
	text := decodePart(raw, params["charset"])
	switch mediaType {
	case "text/enriched", "text/richtext":
		text = plainOfEnriched(text)
	case "text/calendar":
		return calendarText(text), nil
	}
	if mediaType == "text/plain" {
		text = m.takeEncoded(text)
	}
	return plainMail(text, params["format"] == "flowed", params["delsp"] == "yes"), nil
}

var (
	enrichedParam = regexp.MustCompile(`(?is)<param>.*?</param>`)
	enrichedTag   = regexp.MustCompile(`</?[A-Za-z0-9-]{1,60}>`)
)

// plainOfEnriched takes the commands out of enriched text (RFC 1896).
func plainOfEnriched(text string) string {
	text = strings.ReplaceAll(text, "<<", "\uE000")
	text = enrichedTag.ReplaceAllString(enrichedParam.ReplaceAllString(text, ""), "")
	return strings.ReplaceAll(text, "\uE000", "<")
}

// multipart joins the texts of the parts; of alternatives it takes one.
func (m *mailReader) multipart(in *splitter, mediaType, boundary string, level int) (string, error) {
	var texts []string
	parts := 0
	before := &limitedBuffer{limit: min(m.maxPart, m.left)}
	cut, err := in.each(boundary, before, func() error {
		parts++
		h, err := m.open(in)
		if err != nil {
			return err
		}
		text, err := m.part(in, h, level)
		if err == nil && strings.TrimSpace(text) != "" {
			texts = append(texts, text)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if parts == 0 && len(bytes.TrimSpace(before.raw)) > 0 {
		return m.unparted(before.raw, mediaType, boundary, level)
	}
	if cut {
		m.warn("the e-mail may be truncated: the end of its parts is missing")
	}
	if mediaType == "multipart/alternative" && len(texts) > 1 {
		return alternative(texts), nil
	}
	return strings.Join(texts, "\n\n"), nil
}

// partStart is a line that looks like a boundary, with the header of a part behind it.
var partStart = regexp.MustCompile(`(?mi)^--(\S[^\r\n]{0,200}?)[ \t]*\r?\n(?:Content-|MIME-Version:)`)

// unparted writes what should be in parts and in which the boundary never comes: by the one
// that it has instead, or as plain text.
func (m *mailReader) unparted(raw []byte, mediaType, boundary string, level int) (string, error) {
	if found := partStart.FindSubmatch(raw); found != nil && string(found[1]) != boundary && m.depth < maxMailDepth {
		m.depth++
		defer func() { m.depth-- }()
		m.warn("the parts of the e-mail are divided by another boundary than its header says")
		return m.multipart(newSplitter(bytes.NewReader(raw)), mediaType, string(found[1]), level)
	}
	m.warn("the boundary between the parts of the e-mail is missing: it was taken as one text")
	raw, err := m.read(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	return m.text("text/plain", nil, raw)
}

// limitedBuffer keeps the beginning of what is written.
type limitedBuffer struct {
	raw   []byte
	limit int64
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.raw = append(b.raw, p[:min(int64(len(p)), b.limit-int64(len(b.raw)))]...)
	return len(p), nil
}

// alternative picks the first form, which is the plainest, unless it says less than
// half of what the richest does: a mere note that the mail is HTML.
func alternative(texts []string) string {
	longest := texts[0]
	for _, text := range texts {
		if len(strings.Fields(text)) > 2*len(strings.Fields(longest)) {
			longest = text
		}
	}
	return longest
}

// inner writes a mail that is inside another one.
func (m *mailReader) inner(body io.Reader, level int) (string, error) {
	raw, err := m.read(body)
	if err != nil && !errors.Is(err, errTruncated) {
		return "", err
	}
	return m.innerOf(raw, level)
}

// innerOf writes a mail that is in memory, or a part that is.
func (m *mailReader) innerOf(raw []byte, level int) (string, error) {
	in := newSplitter(bytes.NewReader(raw))
	h, err := m.open(in)
	switch {
	case err != nil:
		return "", err
	case len(h) == 0 && len(raw) > 0:
		m.warn("a mail inside the e-mail cannot be read and was left out")
		return "", nil
	}
	return m.message(in, h, level+1)
}

// isSigned tells a message that is inside of its signature (S/MIME).
func isSigned(mediaType string, params map[string]string) bool {
	isSMIME := mediaType == "application/pkcs7-mime" || mediaType == "application/x-pkcs7-mime"
	return isSMIME && (params["smime-type"] == "" || strings.EqualFold(params["smime-type"], "signed-data"))
}

func isEncrypted(mediaType string) bool {
	return mediaType == "application/pkcs7-mime" || mediaType == "application/x-pkcs7-mime" || mediaType == "application/pgp-encrypted"
}

// signed writes the part that a signature is around.
func (m *mailReader) signed(mediaType, name string, body io.Reader, level int) (string, error) {
	raw, err := m.read(body)
	if err != nil && !errors.Is(err, errTruncated) {
		return "", err
	}
	text, err := signedText(raw)
	if err != nil {
		m.warn("the e-mail is encrypted or damaged (S/MIME): its text cannot be read")
		return "", m.attach(mediaType, name, bytes.NewReader(raw))
	}
	in := newSplitter(bytes.NewReader(text))
	h, err := m.open(in)
	if err != nil {
		return "", err
	}
	return m.part(in, h, level)
}

// attach notes an attachment and skips its bytes.
func (m *mailReader) attach(mediaType, name string, body io.Reader) error {
	size, err := io.Copy(io.Discard, frame.Reader(m.ctx, body))
	if m.ctx.Err() != nil {
		return m.ctx.Err()
	}
	if err != nil {
		m.warn("an attachment of the e-mail is damaged or cut off")
	}
	if name == "" {
		if !strings.Contains(mediaType, "/") || strings.HasPrefix(mediaType, "multipart/") {
			return nil
		}
		name = "without a name"
	}
	entry := fmt.Sprintf("%s (%s, %d bytes)", name, property.Line(mediaType), size)
	m.attached, m.attachments = append(m.attached, entry), append(m.attachments, entry)
	return nil
}

func (m *mailReader) warn(warning string) {
	for _, w := range m.warnings {
		if w == warning {
			return
		}
	}
	m.warnings = append(m.warnings, warning)
}

// attachmentName reads how a part wants to be shown and what it is called.
func attachmentName(h textproto.MIMEHeader, contentParams map[string]string) (disposition, name string) {
	disposition, params := parameters(h.Get("Content-Disposition"))
	if name = params["filename"]; name == "" {
		name = contentParams["name"]
	}
	return disposition, decodeHeader(name)
}

func transferDecoder(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &base64Alphabet{body})
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// base64Alphabet drops what is no part of base64: mail programs and lists add line
// ends, blanks and more.
type base64Alphabet struct{ r io.Reader }

func (a *base64Alphabet) Read(p []byte) (int, error) {
	for {
		n, err := a.r.Read(p)
		kept := 0
		for _, b := range p[:n] {
			if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '+' || b == '/' || b == '=' {
				p[kept] = b
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// decodePart obeys the character set that a part names, if it is one and the text fits
// it, and goes by the bytes otherwise.
func decodePart(raw []byte, label string) string {
	if label != "" && !strings.EqualFold(label, "us-ascii") {
		if in, err := charset.Reader(label, bytes.NewReader(raw)); err == nil {
			if decoded, err := io.ReadAll(in); err == nil {
				raw = decoded
			}
		}
	}
	if text, err := charset.Decode(raw); err == nil {
		return text
	}
	return charset.CleanLines(strings.ToValidUTF8(string(raw), "\uFFFD"))
}

// plainMail tidies plain text; flowed lines (RFC 3676) are joined again, and with delsp
// without the blank between them.
func plainMail(text string, flowed, delsp bool) string {
	text = strings.ReplaceAll(text, content.PageBreak, "\n")
	if !flowed {
		return strings.TrimSpace(text)
	}
	var out strings.Builder
	open, depth := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		body := strings.TrimLeft(line, ">")
		quoted := len(line) - len(body)
		body = strings.TrimPrefix(body, " ")
		signature := body == "-- "
		if !open || quoted != depth || signature {
			out.WriteByte('\n')
			if quoted > 0 {
				out.WriteString(strings.Repeat(">", quoted) + " ")
			}
		}
		open, depth = strings.HasSuffix(body, " ") && !signature, quoted
		if open && delsp {
			body = body[:len(body)-1]
		}
		out.WriteString(body)
	}
	return strings.TrimSpace(out.String())
}
