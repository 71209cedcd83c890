package extent

import (
	"bytes"
	"iter"
)

// Part is where a value lies that is directly in an object or a list.
type Part struct {
	Name     []byte // of a member, as it is written, with its quotes
	From, To int
}

// Parts finds the values that lie directly in raw, which should be one JSON object or
// list, in their order. It reads raw once and takes no memory. Of what is no valid JSON it
// finds some parts or none.
func Parts(raw []byte) iter.Seq[Part] {
	return func(yield func(Part) bool) {
		level, quoted, from := 0, false, 0
		var name []byte
		end := func(to int) bool {
			value := bytes.TrimLeft(raw[from:to], blanks)
			start := to - len(value)
			part := Part{name, start, start + len(bytes.TrimRight(value, blanks))}
			name, from = nil, to+1
			return part.From == part.To || yield(part)
		}
		for i := 0; i < len(raw); i++ {
			c := raw[i]
			if quoted {
				switch c {
				case '\\':
					i++
				case '"':
					quoted = false
				}
				continue
			}
			switch {
			case c == '"':
				quoted = true
			case c == '{' || c == '[':
				if level++; level == 1 {
					from = i + 1
				}
			case c == '}' || c == ']':
				if level--; level <= 0 {
					if level == 0 {
						end(i)
					}
					return
				}
			case level == 1 && c == ':':
				name, from = bytes.Trim(raw[from:i], blanks), i+1
			case level == 1 && c == ',':
				if !end(i) {
					return
				}
			}
		}
	}
}

const blanks = " \t\r\n"
