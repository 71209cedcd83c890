package cos

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"io"
)

// Data unpacks a stream. What comes before damage is kept.
func (f *File) Data(s *Stream) ([]byte, error) {
	length := f.Number(s.Dict["Length"])
	if length < 0 || length > maxStream || f.spent > maxAll {
		return nil, fmt.Errorf("a stream of more than %d bytes: %w", maxStream, ErrUnsupported)
	}
	raw := f.read(s.at, int(length))
	if !f.ends(s.at + int64(length)) { // its length is wrong
		raw = f.read(s.at, maxObject)
		if i := bytes.Index(raw, []byte("endstream")); i >= 0 {
			raw = raw[:i]
		}
	}
	f.spent += int64(len(raw))
	filters, params := f.list(s.Dict["Filter"]), f.list(s.Dict["DecodeParms"])
	for i, filter := range filters {
		var p Dict
		if i < len(params) {
			p = f.Dict(params[i])
		}
		var err error
		if raw, err = f.decode(raw, f.Name(filter), p); err != nil {
			return nil, err
		}
		f.spent += int64(len(raw))
	}
	return raw, nil
}

// ends tells whether a stream ends here.
func (f *File) ends(at int64) bool {
	after := bytes.TrimLeft(f.read(at, 16), "\r\n \t\x00")
	return bytes.HasPrefix(after, []byte("endstr")) || len(after) == 0
}

// list is an array, or one object as an array.
func (f *File) list(o Object) Array {
	switch v := f.Resolve(o).(type) {
	case nil:
		return nil
	case Array:
		return v
	default:
		return Array{v}
	}
}

func (f *File) decode(raw []byte, filter Name, params Dict) ([]byte, error) {
	switch filter {
	case "FlateDecode", "Fl":
		reader, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, syntax("a stream that cannot be unpacked")
		}
		out, err := io.ReadAll(io.LimitReader(reader, maxStream+1))
		if len(out) > maxStream {
			return nil, fmt.Errorf("a stream of more than %d bytes: %w", maxStream, ErrUnsupported)
		}
		if err != nil && len(out) == 0 {
			return nil, syntax("a stream that cannot be unpacked")
		}
		return f.predict(out, params)
	case "ASCIIHexDecode", "AHx":
		return []byte(NewScanner(append([]byte("<"), raw...)).hexAfterMark()), nil
	case "ASCII85Decode", "A85":
		if i := bytes.Index(raw, []byte("~>")); i >= 0 {
			raw = raw[:i]
		}
		out, err := io.ReadAll(ascii85.NewDecoder(bytes.NewReader(raw)))
		if err != nil {
			return nil, syntax("a stream that cannot be unpacked")
		}
		return out, nil
	}
	return nil, fmt.Errorf("filter %s: %w", filter, ErrUnsupported)
}

func (s *Scanner) hexAfterMark() String {
	s.at++
	return s.hex()
}

// predict undoes the differences to the row above that PNG knows.
func (f *File) predict(data []byte, params Dict) ([]byte, error) {
	predictor := f.Number(params["Predictor"])
	if predictor < 2 {
		return data, nil
	}
	if predictor < 10 {
		return nil, fmt.Errorf("predictor %v: %w", predictor, ErrUnsupported)
	}
	number := func(key Name, otherwise float64) int {
		if v, is := f.Resolve(params[key]).(float64); is && v > 0 && v < 1<<16 {
			return int(v)
		}
		return int(otherwise)
	}
	bits := number("Colors", 1) * number("BitsPerComponent", 8)
	pixel, row := max(bits/8, 1), (bits*number("Columns", 1)+7)/8
	above := make([]byte, row)
	var out []byte
	for len(data) > 1 {
		kind := data[0]
		line := bytes.Clone(data[1:min(row+1, len(data))])
		data = data[min(row+1, len(data)):]
		for i := range line {
			left, corner := byte(0), byte(0)
			if i >= pixel {
				left, corner = line[i-pixel], above[i-pixel]
			}
			switch kind {
			case 1:
				line[i] += left
			case 2:
				line[i] += above[i]
			case 3:
				line[i] += byte((int(left) + int(above[i])) / 2)
			case 4:
				line[i] += paeth(left, above[i], corner)
			}
		}
		out = append(out, line...)
		copy(above, line)
	}
	return out, nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	distance := func(x byte) int { return max(p-int(x), int(x)-p) }
	switch da, db, dc := distance(a), distance(b), distance(c); {
	case da <= db && da <= dc:
		return a
	case db <= dc:
		return b
	}
	return c
}
