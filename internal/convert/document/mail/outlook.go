package mail

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/rtf"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// The properties of messages that are read ([MS-OXPROPS]).
const (
	propSubject     = "0037"
	propClass       = "001A"
	propSubmitted   = 0x0039
	propHeaders     = "007D"
	propSenderName  = "0C1A"
	propSenderMail  = "0C1F"
	propSenderSMTP  = "5D01"
	propKind        = 0x0C15 // of a recipient
	propTo          = "0E04"
	propCc          = "0E03"
	propDelivered   = 0x0E06
	propBody        = "1000"
	propRTF         = "1009"
	propHTML        = "1013"
	propMessageID   = "1035"
	propName        = "3001"
	propAddress     = "3003"
	propData        = "3701"
	propFile        = "3704"
	propLongFile    = "3707"
	propMediaType   = "370E"
	propSMTP        = "39FE"
	propCodepage    = 0x3FDE // of the HTML
	propTextPage    = 0x3FFD // of short texts
	maxRecipients   = 10_000
	maxOutlookText  = 4 << 20 // bytes of a short property
	outerHead       = 32      // bytes before the fixed properties of a message, ...
	innerHead       = 24      // ... of one in it
	propertyStream  = "__properties_version1.0"
	storagePrefix   = "__substg1.0_"
	storageOfObject = storagePrefix + "3701000D"
)

// IsOutlook tells whether a compound file is a message of Outlook.
func IsOutlook(root *compound.Storage) bool { return root.Has(propertyStream) }

// Outlook makes Markdown of a message that Outlook has saved (msg), as [Read] does of an
// e-mail.
func Outlook(ctx context.Context, src source.File) (*content.Document, error) {
	file, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return parseOutlook(ctx, file, info.Size(), src.Limits.MaxFile, src.Limits.MaxText)
}

func parseOutlook(ctx context.Context, r io.ReaderAt, size, maxPart, maxText int64) (*content.Document, error) {
	f, err := compound.Open(r, size)
	if errors.Is(err, compound.ErrDamaged) {
		return nil, convert.BadSource("the Outlook message is damaged or cut off", err)
	}
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if !IsOutlook(f.Root) {
		return nil, convert.BadSource("the file is a compound file but no Outlook message", nil)
	}
	m := &mailReader{ctx: ctx, maxPart: maxPart, left: maxText}
	return outermost(m, f.Root, "msg")
}

// outlook is a message of Outlook, the outermost or one in it.
type outlook struct {
	*mailReader
	storage *compound.Storage
	head    int // bytes before the fixed properties
	numbers map[uint16]uint64
}

// outermost writes the message that a file is.
func outermost(m *mailReader, storage *compound.Storage, engine string) (*content.Document, error) {
	o := &outlook{mailReader: m, storage: storage, head: outerHead}
	h := o.header()
	return m.document(engine, h, func() (string, error) { return o.message(h, 1) })
}

// message writes a message and those in it.
func (o *outlook) message(h textproto.MIMEHeader, level int) (string, error) {
	o.depth++
	defer func() { o.depth-- }()
	if o.parts++; o.parts > maxMailParts || o.depth > maxMailDepth {
		return "", convert.BadSource(fmt.Sprintf("the e-mail has more than %d parts or nests deeper than %d", maxMailParts, maxMailDepth), nil)
	}
	outer := o.attached
	o.attached = nil
	text, err := o.body()
	if err == nil {
		var inner string
		if inner, err = o.attachmentsOf(level); inner != "" {
			text += "\n\n" + inner
		}
	}
	attached := o.attached
	if o.attached = outer; err != nil {
		return "", err
	}
	return frameOf(h, strings.TrimSpace(text), attached, level), nil
}

// header is the header of a mail that says what the properties say.
func (o *outlook) header() textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	set := func(name, value string) {
		if value = property.Line(value); value != "" {
			h.Set(name, value)
		}
	}
	set("Subject", o.text(o.storage, propSubject))
	set("Message-Id", o.text(o.storage, propMessageID))
	set("From", whoIs(o.text(o.storage, propSenderName), cmp.Or(o.text(o.storage, propSenderSMTP), o.text(o.storage, propSenderMail))))
	to, cc := o.recipients()
	set("To", cmp.Or(strings.Join(to, ", "), o.text(o.storage, propTo)))
	set("Cc", cmp.Or(strings.Join(cc, ", "), o.text(o.storage, propCc)))
	for _, id := range []uint16{propSubmitted, propDelivered} {
		if at, known := fileTime(o.number(id)); known && h.Get("Date") == "" {
			h.Set("Date", at.Format(time.RFC1123Z))
		}
	}
	if h.Get("From") == "" || h.Get("Date") == "" { // as in what was received and never sent from here
		o.complete(h)
	}
	return h
}

// complete takes from the header that the message came with what is not known otherwise.
func (o *outlook) complete(h textproto.MIMEHeader) {
	came, _, err := readHeader(newSplitter(strings.NewReader(o.text(o.storage, propHeaders))))
	if err != nil {
		return
	}
	for _, name := range []string{"From", "Date"} {
		if h.Get(name) == "" && came.Get(name) != "" {
			h.Set(name, came.Get(name))
		}
	}
}

// whoIs writes a name and an address; addresses of Exchange's own are no use to anyone.
func whoIs(name, address string) string {
	if strings.HasPrefix(strings.ToUpper(address), "/O=") || !strings.Contains(address, "@") {
		address = ""
	}
	name, address = strings.Trim(property.Line(name), `'"`), property.Line(address)
	switch {
	case address == "":
		return name
	case name == "" || strings.EqualFold(name, address):
		return address
	}
	return (&mail.Address{Name: name, Address: address}).String()
}

// recipients lists whom the message is for.
func (o *outlook) recipients() (to, cc []string) {
	for _, name := range o.named("__recip_version1.0_") {
		s := o.storage.Storages[name]
		who := whoIs(o.text(s, propName), cmp.Or(o.text(s, propSMTP), o.text(s, propAddress)))
		if who == "" {
			continue
		}
		switch (&outlook{mailReader: o.mailReader, storage: s, head: 8}).number(propKind) {
		case 2:
			cc = append(cc, who)
		case 3: // of blind copies nobody is to know
		default:
			to = append(to, who)
		}
	}
	return to, cc
}

// named lists storages in the order of their numbers.
func (o *outlook) named(prefix string) []string {
	names := o.storage.Named(prefix)
	slices.Sort(names)
	if len(names) > maxRecipients {
		o.warn(fmt.Sprintf("the e-mail has more than %d recipients or attachments: the others were left out", maxRecipients))
		names = names[:maxRecipients]
	}
	return names
}

// text is a short property that is text, "" when there is none.
func (o *outlook) text(s *compound.Storage, id string) string {
	raw, isWide := o.raw(s, id, maxOutlookText)
	if isWide {
		return wide(raw)
	}
	return decodePart(raw, codepage(o.number(propTextPage)))
}

// raw is a property that is text, in UTF-16 or in the code page of the message.
func (o *outlook) raw(s *compound.Storage, id string, limit int64) (raw []byte, isWide bool) {
	for _, kind := range []string{"001F", "001E"} {
		if in := s.Open(storagePrefix + id + kind); in != nil {
			raw, err := io.ReadAll(io.LimitReader(in, limit))
			if err != nil {
				o.warn(damaged)
			}
			if kind == "001E" {
				raw = bytes.TrimRight(raw, "\x00") // with which it may look like wide letters
			}
			if len(raw) > 0 {
				return raw, kind == "001F"
			}
		}
	}
	return nil, false
}

func wide(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// number is a property of a fixed size, 0 when there is none.
func (o *outlook) number(id uint16) uint64 {
	if o.numbers == nil {
		o.numbers = map[uint16]uint64{}
		var raw []byte
		if in := o.storage.Open(propertyStream); in != nil {
			raw, _ = io.ReadAll(io.LimitReader(in, 1<<20)) // what can be had of it
		}
		for at := o.head; at+16 <= len(raw); at += 16 {
			o.numbers[binary.LittleEndian.Uint16(raw[at+2:])] = binary.LittleEndian.Uint64(raw[at+8:])
		}
	}
	return o.numbers[id]
}

// fileTime is a time in tenths of a microsecond since 1601.
func fileTime(value uint64) (time.Time, bool) {
	const toUnix = 116444736000000000
	if value <= toUnix || value > toUnix+1<<58 {
		return time.Time{}, false
	}
	return time.Unix(0, 0).UTC().Add(time.Duration((value-toUnix)/10) * time.Microsecond), true
}

// codepage is the name of a code page of Windows.
func codepage(number uint64) string {
	switch number = number & 0xFFFFFFFF; number {
	case 0:
		return "windows-1252"
	case 65001:
		return "utf-8"
	case 20127:
		return "us-ascii"
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 949:
		return "euc-kr"
	case 950:
		return "big5"
	case 20866:
		return "koi8-r"
	case 28591, 28592, 28595, 28599, 28605:
		return fmt.Sprintf("iso-8859-%d", number-28590)
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	}
	return fmt.Sprintf("windows-%d", number)
}

// body is the text of the message: the plain one, unless the HTML says much more; the RTF
// when there is neither.
func (o *outlook) body() (string, error) {
	var texts []string
	limit := min(o.maxPart, o.left) + 1
	if raw, isWide := o.raw(o.storage, propBody, limit); len(raw) > 0 {
		label := codepage(o.number(propTextPage))
		if isWide {
			raw, label = []byte(wide(raw)), "utf-8"
		}
		text, err := o.piece("text/plain", label, raw)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	page, err := o.page(limit)
	if err != nil {
		return "", err
	}
	if texts = append(texts, page); len(texts) > 1 && strings.TrimSpace(page) == "" {
		texts = texts[:1]
	}
	if text := alternative(texts); strings.TrimSpace(text) != "" {
		return text, nil
	}
	return o.rich(limit)
}

// piece makes Markdown of a text within the limits.
func (o *outlook) piece(mediaType, label string, raw []byte) (string, error) {
	raw, err := o.read(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	return o.mailReader.text(mediaType, map[string]string{"charset": label}, raw)
}

// page is the message as HTML, which is bytes in most.
func (o *outlook) page(limit int64) (string, error) {
	label := ""
	if number := o.number(propCodepage); number != 0 {
		label = codepage(number)
	}
	raw, isWide := o.raw(o.storage, propHTML, limit)
	if isWide {
		raw, label = []byte(wide(raw)), "utf-8"
	}
	if in := o.storage.Open(storagePrefix + propHTML + "0102"); in != nil && len(raw) == 0 {
		var err error
		if raw, err = io.ReadAll(io.LimitReader(in, limit)); err != nil {
			o.warn(damaged)
		}
	}
	if len(raw) == 0 {
		return "", nil
	}
	return o.piece("text/html", label, raw)
}

// rich is the message as RTF, which is compressed.
func (o *outlook) rich(limit int64) (string, error) {
	in := o.storage.Open(storagePrefix + propRTF + "0102")
	if in == nil {
		return "", nil
	}
	packed, err := io.ReadAll(io.LimitReader(in, limit))
	raw, sound := unpackRTF(packed, limit)
	if err != nil || !sound {
		o.warn(damaged)
	}
	if raw, err = o.read(bytes.NewReader(raw)); err != nil || len(raw) == 0 {
		return "", err
	}
	doc, err := rtf.Parse(o.ctx, raw)
	switch {
	case o.ctx.Err() != nil:
		return "", o.ctx.Err()
	case err != nil:
		o.warn("the text of the e-mail is RTF that cannot be read and was left out")
		return "", nil
	}
	return doc.Content, nil
}

// attachmentsOf names what is attached, and writes the messages that are.
func (o *outlook) attachmentsOf(level int) (string, error) {
	var texts []string
	for _, name := range o.named("__attach_version1.0_") {
		s := o.storage.Storages[name]
		if inner := s.Storages[storageOfObject]; inner != nil && inner.Has(propertyStream) {
			message := &outlook{mailReader: o.mailReader, storage: inner, head: innerHead}
			text, err := message.message(message.header(), level+1)
			if err != nil {
				return "", err
			}
			texts = append(texts, text)
			continue
		}
		if o.parts++; o.parts > maxMailParts {
			return "", convert.BadSource(fmt.Sprintf("the e-mail has more than %d parts", maxMailParts), nil)
		}
		var body io.Reader = strings.NewReader("")
		if in := s.Open(storagePrefix + propData + "0102"); in != nil {
			body = frame.Reader(o.ctx, in)
		}
		called := decodeHeader(cmp.Or(o.text(s, propLongFile), o.text(s, propFile), o.text(s, propName)))
		if err := o.attach(cmp.Or(property.Line(o.text(s, propMediaType)), "application/octet-stream"), called, body); err != nil {
			return "", err
		}
	}
	if class := strings.ToUpper(o.text(o.storage, propClass)); strings.HasPrefix(class, "IPM.NOTE.SMIME") {
		o.warn("the e-mail is signed or encrypted (S/MIME): its text may be in an attachment that cannot be read")
	}
	return strings.Join(texts, "\n\n"), nil
}
