package mail

import "encoding/binary"

// rtfStart is what compressed RTF may refer to from its first byte on ([MS-OXRTFCP] 2.1.2.1).
const rtfStart = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// unpackRTF unpacks the RTF of a message, at most limit bytes. It is not sound when it ends
// too soon; what there is is returned.
func unpackRTF(packed []byte, limit int64) (raw []byte, sound bool) {
	const (
		header     = 16
		compressed = 0x75465A4C
		plain      = 0x414C454D
		window     = 4096
	)
	if len(packed) < header {
		return nil, false
	}
	size := int64(binary.LittleEndian.Uint32(packed[4:]))
	size = min(size, limit)
	switch binary.LittleEndian.Uint32(packed[8:]) {
	case plain:
		packed = packed[header:]
		return packed[:min(int64(len(packed)), size)], int64(len(packed)) >= size
	case compressed:
	default:
		return nil, false
	}
	var dictionary [window]byte
	at := copy(dictionary[:], rtfStart)
	emit := func(b byte) {
		raw = append(raw, b)
		dictionary[at] = b
		at = (at + 1) % window
	}
	for in := packed[header:]; len(in) > 0; {
		control := in[0]
		in = in[1:]
		for bit := range 8 {
			if int64(len(raw)) >= size {
				return raw, true
			}
			if control&(1<<bit) == 0 {
				if len(in) < 1 {
					return raw, false
				}
				emit(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return raw, false
			}
			reference := int(binary.BigEndian.Uint16(in))
			in = in[2:]
			from := reference >> 4
			if from == at { // the end
				return raw, int64(len(raw)) >= size
			}
			for range reference&15 + 2 {
				emit(dictionary[from])
				from = (from + 1) % window
			}
		}
	}
	return raw, int64(len(raw)) >= size
}
