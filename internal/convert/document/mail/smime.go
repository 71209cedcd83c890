package mail

import "errors"

// errBER says that bytes are no BER (X.690), or more deeply nested than a message is.
var errBER = errors.New("no BER")

// Tags of BER.
const (
	berOctets      = 0x04
	berConstructed = 0x20
	maxBERDepth    = 20
)

// The identifiers of signed data and of what it is around (RFC 5652), as BER has them.
const (
	oidSigned = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidData   = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
)

// ber is one value, with those in it when it is constructed.
type ber struct {
	tag   byte
	raw   []byte
	items []ber
}

// signedText returns the message that a signed one is around. Nobody is asked whether the
// signature is right: it is shown as any other mail.
func signedText(raw []byte) ([]byte, error) {
	outer, _, err := parseBER(raw, 0)
	if err != nil {
		return nil, err
	}
	// ContentInfo { oid, [0] SignedData { version, algorithms, { oid, [0] content }, … } }
	signed := outer.item(1).item(0)
	if string(outer.item(0).raw) != oidSigned || string(signed.item(2).item(0).raw) != oidData {
		return nil, errBER
	}
	text := signed.item(2).item(1).item(0).octets()
	if text == nil {
		return nil, errBER
	}
	return text, nil
}

// item is one of the values inside, an empty one when there is none.
func (b ber) item(i int) ber {
	if i < len(b.items) {
		return b.items[i]
	}
	return ber{}
}

// octets is a string of bytes, which may be in pieces.
func (b ber) octets() []byte {
	if b.tag&^berConstructed != berOctets {
		return nil
	}
	if b.tag&berConstructed == 0 {
		return b.raw
	}
	whole := []byte{}
	for _, piece := range b.items {
		whole = append(whole, piece.octets()...)
	}
	return whole
}

// parseBER reads one value and returns what follows it.
func parseBER(raw []byte, depth int) (value ber, rest []byte, err error) {
	if len(raw) < 2 || depth > maxBERDepth || raw[0]&0x1f == 0x1f {
		return ber{}, nil, errBER
	}
	value.tag = raw[0]
	length, open := int(raw[1]), false
	raw = raw[2:]
	switch {
	case length == 0x80:
		open = true
	case length > 0x80:
		digits := length & 0x7f
		if digits > 4 || digits > len(raw) {
			return ber{}, nil, errBER
		}
		length = 0
		for _, b := range raw[:digits] {
			length = length<<8 | int(b)
		}
		raw = raw[digits:]
	}
	if !open {
		if length < 0 || length > len(raw) {
			return ber{}, nil, errBER
		}
		value.raw, rest = raw[:length], raw[length:]
		raw = value.raw
	}
	if value.tag&berConstructed == 0 {
		if open {
			return ber{}, nil, errBER
		}
		return value, rest, nil
	}
	for len(raw) > 0 {
		if open && len(raw) >= 2 && raw[0] == 0 && raw[1] == 0 {
			return value, raw[2:], nil
		}
		var item ber
		if item, raw, err = parseBER(raw, depth+1); err != nil {
			return ber{}, nil, err
		}
		value.items = append(value.items, item)
	}
	if open {
		return ber{}, nil, errBER
	}
	return value, rest, nil
}
