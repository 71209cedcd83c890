package mail

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// tnefMagic begins a file in which Outlook keeps what a mail cannot say ([MS-OXTNEF]).
const tnefMagic = "\x78\x9F\x3E\x22"

// The attributes of such a file that are read.
const (
	tnefSubject        = 0x00018004
	tnefBody           = 0x0002800C
	tnefCodepage       = 0x00069007
	tnefProperties     = 0x00069003
	tnefAttachment     = 0x00069002 // the next one begins
	tnefTitle          = 0x00018010
	tnefData           = 0x0006800F
	tnefAttached       = 0x00069005 // properties of an attachment
	tnefOfAttachment   = 2
	maxTNEFValues      = 100_000
	tnefMany           = 0x1000 // of a type: several values
	tnefObjectTypeSize = 16     // bytes that name what an object is
)

// Winmail makes Markdown of a file that Outlook attaches to mails for itself (winmail.dat):
// the message in it, as [Outlook] does.
func Winmail(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parseWinmail(&mailReader{ctx: ctx, maxPart: src.Limits.MaxFile, left: src.Limits.MaxText}, raw)
}

func parseWinmail(m *mailReader, raw []byte) (*content.Document, error) {
	storage, sound := readTNEF(raw, 0)
	if storage == nil {
		return nil, convert.BadSource("the file is no message of Outlook (winmail.dat)", nil)
	}
	if !sound {
		m.warn(damaged)
	}
	return outermost(m, storage, "tnef")
}

// isWinmail tells whether a part of a mail is such a file.
func isWinmail(mediaType, name string) bool {
	return mediaType == "application/ms-tnef" || mediaType == content.TNEF || strings.EqualFold(name, "winmail.dat")
}

// winmail reads what Outlook has put into a file of its own: names of attachments, and a text,
// which most mails have besides.
func (m *mailReader) winmail(mediaType, name string, body io.Reader, level int) (text string, err error) {
	raw, err := io.ReadAll(io.LimitReader(frame.Reader(m.ctx, body), m.maxPart))
	if m.ctx.Err() != nil {
		return "", m.ctx.Err()
	}
	storage, sound := readTNEF(raw, 0)
	if storage == nil {
		m.warn("Outlook has put a part of the e-mail into a file (winmail.dat) that cannot be read.")
		return "", m.attach(mediaType, name, io.MultiReader(bytes.NewReader(raw), body))
	}
	if !sound || err != nil {
		m.warn(damaged)
	}
	o := &outlook{mailReader: m, storage: storage, head: outerHead}
	said, err := o.body()
	if err != nil {
		return "", err
	}
	inner, err := o.attachmentsOf(level)
	m.besides = strings.TrimSpace(m.besides + "\n\n" + said)
	return inner, err
}

// tnefReader takes values off the front of bytes; sound turns false when they are too few.
type tnefReader struct {
	raw   []byte
	sound bool
}

func (r *tnefReader) bytes(n int64) []byte {
	if n < 0 || n > int64(len(r.raw)) {
		n, r.sound = int64(len(r.raw)), false
	}
	head := r.raw[:n:n]
	r.raw = r.raw[n:]
	return head
}

func (r *tnefReader) number(size int) uint64 {
	var padded [8]byte
	copy(padded[:], r.bytes(int64(size)))
	return binary.LittleEndian.Uint64(padded[:])
}

// readTNEF makes of a file the storage that Outlook saves for the same message; nil when it is
// no such file. It is not sound when the file ends too soon.
func readTNEF(raw []byte, depth int) (message *compound.Storage, sound bool) {
	if !bytes.HasPrefix(raw, []byte(tnefMagic)) || depth > maxMailDepth {
		return nil, false
	}
	r := &tnefReader{raw: raw[len(tnefMagic):], sound: true}
	r.number(2) // a key
	root := newTNEFObject(outerHead)
	if depth > 0 {
		root = newTNEFObject(innerHead)
	}
	var attachments []*tnefObject
	for len(r.raw) > 0 && r.sound {
		level, id := r.number(1), r.number(4)
		data := r.bytes(int64(r.number(4)))
		r.number(2) // a sum
		if level == tnefOfAttachment {
			if id == tnefAttachment || len(attachments) == 0 {
				if len(attachments) >= maxMailParts {
					break
				}
				attachments = append(attachments, newTNEFObject(8))
			}
			attachments[len(attachments)-1].take(uint32(id), data, depth)
			continue
		}
		root.take(uint32(id), data, depth)
	}
	for i, a := range attachments {
		root.storages[fmt.Sprintf("__attach_version1.0_#%08X", i)] = a.storage()
		r.sound = r.sound && a.sound
	}
	return root.storage(), r.sound && root.sound
}

// tnefObject is a message or an attachment in the making.
type tnefObject struct {
	streams  map[string][]byte
	storages map[string]*compound.Storage
	fixed    []byte
	sound    bool
}

func newTNEFObject(head int) *tnefObject {
	return &tnefObject{streams: map[string][]byte{}, storages: map[string]*compound.Storage{}, fixed: make([]byte, head), sound: true}
}

func (o *tnefObject) storage() *compound.Storage {
	o.streams[propertyStream] = o.fixed
	return compound.InMemory(o.streams, o.storages)
}

// take keeps an attribute. What properties say is better than what older attributes do.
func (o *tnefObject) take(id uint32, data []byte, depth int) {
	older := func(id, kind string) {
		for _, known := range []string{"001E", "001F", kind} {
			if o.streams[storagePrefix+id+known] != nil {
				return
			}
		}
		o.streams[storagePrefix+id+kind] = data
	}
	switch id {
	case tnefSubject:
		older(propSubject, "001E")
	case tnefBody:
		older(propBody, "001E")
	case tnefTitle:
		older(propFile, "001E")
	case tnefData:
		older(propData, "0102")
	case tnefCodepage:
		if len(data) >= 4 {
			o.setFixed(propTextPage, uint64(binary.LittleEndian.Uint32(data)))
		}
	case tnefProperties, tnefAttached:
		o.properties(data, depth)
	}
}

func (o *tnefObject) setFixed(id uint16, value uint64) {
	entry := binary.LittleEndian.AppendUint16(nil, 0)
	entry = binary.LittleEndian.AppendUint16(entry, id)
	entry = binary.LittleEndian.AppendUint32(entry, 0)
	o.fixed = append(o.fixed, binary.LittleEndian.AppendUint64(entry, value)...)
}

// properties reads a list of properties.
func (o *tnefObject) properties(data []byte, depth int) {
	r := &tnefReader{raw: data, sound: true}
	left := maxTNEFValues
	for count := r.number(4); count > 0 && len(r.raw) > 0 && r.sound && left > 0; count-- {
		kind, id := uint16(r.number(2)), uint16(r.number(2))
		if id >= 0x8000 { // it has a name
			r.bytes(16)
			if r.number(4) == 0 {
				r.number(4)
			} else {
				r.bytes(padded(int64(r.number(4))))
			}
		}
		size := fixedSize(kind &^ tnefMany)
		values := uint64(1)
		if size == 0 || kind&tnefMany != 0 {
			values = r.number(4)
		}
		for i := uint64(0); i < values && r.sound && left > 0; i++ {
			left--
			if size > 0 {
				value := r.number(min(size, 8))
				if r.bytes(int64(size - min(size, 8))); kind&tnefMany == 0 {
					o.setFixed(id, value)
				}
				continue
			}
			length := int64(r.number(4))
			value := r.bytes(length)
			if r.bytes(min(padded(length)-length, int64(len(r.raw)))); kind&tnefMany == 0 {
				o.variable(kind, id, value, depth)
			}
		}
	}
	o.sound = o.sound && r.sound
}

// variable keeps a property of no fixed size. An attached message is a file of the same kind.
func (o *tnefObject) variable(kind, id uint16, value []byte, depth int) {
	name := fmt.Sprintf("%s%04X%04X", storagePrefix, id, kind)
	if kind != 0x000D {
		o.streams[name] = value
		return
	}
	if len(value) < tnefObjectTypeSize {
		return
	}
	value = value[tnefObjectTypeSize:]
	if inner, sound := readTNEF(value, depth+1); inner != nil {
		o.storages[name], o.sound = inner, o.sound && sound
		return
	}
	o.streams[fmt.Sprintf("%s%s0102", storagePrefix, propData)] = value
}

// fixedSize is how many bytes a value of a type takes, 0 for those that tell it.
func fixedSize(kind uint16) int {
	switch kind {
	case 0x0002, 0x0003, 0x0004, 0x000A, 0x000B:
		return 4
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		return 8
	case 0x0048:
		return 16
	}
	return 0
}

func padded(n int64) int64 { return (n + 3) / 4 * 4 }
