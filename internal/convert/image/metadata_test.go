package image_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"

	"morag/internal/convert"
)

const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2023-04-05T06:07:08+02:00">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">The old harbour</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Ada Berg</rdf:li><rdf:li>Tom Thal</rdf:li></rdf:Seq></dc:creator>
<dc:subject><rdf:Bag><rdf:li>harbour</rdf:li><rdf:li>boats</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>`

func TestTags(t *testing.T) {
	t.Parallel()
	raw := encode(t, "jpg", image.NewGray(image.Rect(0, 0, 60, 40)))
	for name, tt := range map[string]struct {
		raw  []byte
		want map[string]any
	}{
		"EXIF": {withEXIF(raw, text(0x010f, "Kodak\x00"), text(0x0110, "Brownie\x00"), text(0x013b, "Ada Berg\x00"), text(0x9003, "2021:02:03 04:05:06\x00")),
			map[string]any{"camera": "Kodak Brownie", "author": "Ada Berg", "created": "2021-02-03T04:05:06Z"}},
		"XMP": {withSegment(raw, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+packet)),
			map[string]any{"title": "The old harbour", "author": "Ada Berg, Tom Thal", "keywords": "harbour, boats", "created": "2023-04-05T04:07:08Z"}},
		"IPTC": {withSegment(raw, 0xed, iptc(map[byte]string{5: "Boats", 80: "Tom Thal", 55: "20190807"})),
			map[string]any{"title": "Boats", "author": "Tom Thal", "created": "2019-08-07T00:00:00Z"}},
		"broken": {withSegment(raw, 0xe1, []byte("Exif\x00\x00MM\x00*\xff\xff\xff\xff")), map[string]any{"title": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := mustRead(t, tt.raw, convert.Options{})
			for key, want := range tt.want {
				if doc.Metadata[key] != want {
					t.Errorf("%s: got %#v, want %q", key, doc.Metadata[key], want)
				}
			}
		})
	}
}

// withSegment puts a segment behind a JPEG's first mark.
func withSegment(raw []byte, mark byte, payload []byte) []byte {
	segment := binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(len(payload)+2))
	return bytes.Join([][]byte{raw[:2], segment, payload, raw[2:]}, nil)
}

func withOrientation(raw []byte, orientation byte) []byte {
	return withEXIF(raw, tag{0x0112, 3, 1, []byte{0, orientation, 0, 0}})
}

// tag is one EXIF entry.
type tag struct {
	number, kind uint16
	count        uint32
	value        []byte
}

func text(number uint16, value string) tag { return tag{number, 2, uint32(len(value)), []byte(value)} }

// withEXIF puts a directory of tags into a JPEG.
func withEXIF(raw []byte, tags ...tag) []byte {
	order := binary.BigEndian
	payload := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08")
	payload = order.AppendUint16(payload, uint16(len(tags)))
	var values []byte
	start := uint32(8 + 2 + 12*len(tags) + 4)
	for _, tag := range tags {
		payload = order.AppendUint16(order.AppendUint16(payload, tag.number), tag.kind)
		payload = order.AppendUint32(payload, tag.count)
		if len(tag.value) == 4 {
			payload = append(payload, tag.value...)
			continue
		}
		payload = order.AppendUint32(payload, start+uint32(len(values)))
		values = append(values, tag.value...)
	}
	return withSegment(raw, 0xe1, append(append(payload, 0, 0, 0, 0), values...))
}

// iptc is Photoshop's block with records of the application.
func iptc(records map[byte]string) []byte {
	var data []byte
	for number, value := range records {
		data = append(data, 0x1c, 2, number)
		data = append(binary.BigEndian.AppendUint16(data, uint16(len(value))), value...)
	}
	block := append([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(data)))...)
	return append(append(block, data...), make([]byte, len(data)%2)...)
}
