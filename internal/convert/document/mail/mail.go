// Package mail makes Markdown of e-mails as mail programs save them (eml) and as Outlook does
// (msg).
package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"os"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

const (
	// maxMailDepth is how deep the parts of a mail may nest, mails in mails included.
	maxMailDepth = 20
	// maxMailParts is the most parts of one mail.
	maxMailParts = 10_000
	// damaged is told of what ends too soon or makes no sense.
	damaged = "a part of the e-mail is damaged or cut off: some of its text may be missing"
)

// Read makes Markdown of an e-mail as mail programs save it. Attachments are named
// and not converted: each is a document of its own.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	f, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer f.Close()
	return parse(ctx, f, src.Limits.MaxFile, src.Limits.MaxText)
}

// parse reads a mail; a single part may hold maxPart bytes of text and the whole
// maxText.
func parse(ctx context.Context, r io.Reader, maxPart, maxText int64) (*content.Document, error) {
	m := &mailReader{ctx: ctx, maxPart: maxPart, left: maxText}
	in := newSplitter(frame.Reader(ctx, r))
	skipEnvelope(in.in)
	h, err := m.open(in)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if !isMail(h) {
		return nil, convert.BadSource("the file is not an e-mail: its header cannot be read", nil)
	}
	m.isPage = isSavedPage(h)
	return m.document("eml", h, func() (string, error) { return m.message(in, h, 1) })
}

// document is a mail as a document, once all of it was written.
func (m *mailReader) document(engine string, h textproto.MIMEHeader, write func() (string, error)) (*content.Document, error) {
	meta := mailMetadata(h)
	text, err := write()
	if m.ctx.Err() != nil {
		return nil, m.ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	meta["engine"] = engine
	if len(m.attachments) > 0 {
		meta["attachments"] = m.attachments
	}
	return &content.Document{Content: strings.TrimSpace(text), Metadata: meta, Warnings: m.warnings}, nil
}

// open reads the header of a mail or a part.
func (m *mailReader) open(in *splitter) (textproto.MIMEHeader, error) {
	h, odd, err := readHeader(in)
	if odd {
		m.warn("a line in a header of the e-mail makes no sense and was left out")
	}
	return h, err
}

// skipEnvelope skips the line that mail folders (mbox) put before a mail, and a byte
// order mark.
func skipEnvelope(in *bufio.Reader) {
	if mark, err := in.Peek(3); err == nil && string(mark) == "\xEF\xBB\xBF" {
		_, _ = in.Discard(3)
	}
	if start, err := in.Peek(5); err == nil && (string(start) == "From " || string(start) == ">From") {
		_, _ = in.ReadSlice('\n')
	}
}

// isSavedPage tells whether a browser has written the mail (MHTML), to keep a page in it.
func isSavedPage(h textproto.MIMEHeader) bool {
	return h.Get("Snapshot-Content-Location") != "" || strings.Contains(h.Get("From"), "<Saved by ")
}

// isMail tells whether a header is that of a mail: any text with a colon looks like one.
func isMail(h textproto.MIMEHeader) bool {
	known := 0
	for _, name := range []string{"From", "To", "Date", "Subject", "Message-Id", "Received", "Mime-Version", "Content-Type", "Return-Path", "Cc", "Bcc"} {
		if _, found := h[name]; found {
			known++
		}
	}
	return known >= 2
}

// mailReader reads a mail and the mails in it.
type mailReader struct {
	ctx         context.Context
	isPage      bool // that a browser has saved
	maxPart     int64
	left        int64 // bytes of text that may still come
	parts       int
	depth       int
	attached    []string // to the message that is read
	besides     string   // the text of the message that Outlook has put into a file
	attachments []string // in all
	warnings    []string
}

// message writes the subject as a heading of the level, who wrote to whom, the text, and
// the names of what is attached.
func (m *mailReader) message(in *splitter, h textproto.MIMEHeader, level int) (string, error) {
	outer, besides := m.attached, m.besides
	m.attached, m.besides = nil, ""
	text, err := m.part(in, h, level)
	if m.besides != "" {
		text = alternative([]string{text, m.besides})
	}
	attached := m.attached
	if m.attached, m.besides = outer, besides; err != nil {
		return "", err
	}
	return frameOf(h, text, attached, level), nil
}

// frameOf puts the subject, who wrote to whom and the names of what is attached around a text.
func frameOf(h textproto.MIMEHeader, text string, attached []string, level int) string {
	var out strings.Builder
	if subject := decodeHeader(h.Get("Subject")); subject != "" {
		fmt.Fprintf(&out, "%s %s\n\n", strings.Repeat("#", min(level, 6)), subject)
	}
	for _, name := range []string{"From", "To", "Cc", "Date"} {
		value := addresses(h, name)
		if date, err := mail.Header(h).Date(); name == "Date" && err == nil {
			value = date.Format(time.RFC3339)
		}
		if value != "" {
			fmt.Fprintf(&out, "- %s: %s\n", name, value)
		}
	}
	out.WriteString("\n" + text)
	if len(attached) > 0 {
		out.WriteString("\n\nAttachments:\n\n- " + strings.Join(attached, "\n- "))
	}
	return out.String()
}

// addresses writes the list of addresses of a header line, decoded; what is no such list
// stays as it is.
func addresses(h textproto.MIMEHeader, name string) string {
	list, err := (&mail.AddressParser{WordDecoder: wordDecoder()}).ParseList(h.Get(name))
	if err != nil {
		return decodeHeader(h.Get(name))
	}
	var all []string
	for _, a := range list {
		all = append(all, address(a))
	}
	return property.Cut(strings.Join(all, ", "))
}

func address(a *mail.Address) string {
	if a.Name == "" {
		return property.Line(a.Address)
	}
	return decodeHeader(a.Name) + " <" + property.Line(a.Address) + ">"
}

// mailMetadata is what the header says about the mail.
func mailMetadata(h textproto.MIMEHeader) map[string]any {
	meta := map[string]any{}
	property.Set(meta, "title", decodeHeader(h.Get("Subject")))
	for key, name := range map[string]string{"author": "From", "to": "To", "cc": "Cc"} {
		property.Set(meta, key, addresses(h, name))
	}
	property.Set(meta, "message_id", property.Line(h.Get("Message-Id")))
	if date, err := mail.Header(h).Date(); err == nil {
		meta["created"] = date.UTC().Format(time.RFC3339)
	}
	return meta
}

func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: charset.Reader}
}

// decodeHeader decodes encoded words, and what is in no encoding that can be told as
// text of a common one.
func decodeHeader(value string) string {
	if text, err := wordDecoder().DecodeHeader(value); err == nil {
		value = text
	}
	if text, err := charset.Decode([]byte(value)); err == nil {
		value = text
	}
	return property.Cut(property.Line(value))
}

// errTruncated says that a part ends before its time.
var errTruncated = errors.New("truncated mail")

// Read reads the text of a part within the limits.
func (m *mailReader) read(body io.Reader) ([]byte, error) {
	limit := min(m.maxPart, m.left)
	raw, err := io.ReadAll(io.LimitReader(body, limit+1))
	m.left -= int64(len(raw))
	switch {
	case m.ctx.Err() != nil:
		return nil, m.ctx.Err()
	case int64(len(raw)) > limit:
		return nil, convert.BadSource(fmt.Sprintf("the e-mail has a text of more than %d MiB", limit>>20), nil)
	case err != nil:
		return bytes.TrimSpace(raw), fmt.Errorf("%w: %w", errTruncated, err)
	}
	return raw, nil
}
