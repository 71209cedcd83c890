// Package extent measures JSON before it is decoded. A value takes many times its bytes
// once it is read: 256 KiB of empty objects take 10 MiB.
package extent

// The bounds of an object that is kept: metadata, options, filters. They are said to
// clients.
const (
	MaxDepth  = 16   // levels, the object itself being the first
	MaxValues = 1000 // of all levels together
)

// Of counts the values that lie within raw, which should be one JSON value, and how many
// levels of objects and lists there are. It reads raw once and takes no memory. What is no
// valid JSON has some extent, too, which is no more than what a decoder would come to.
func Of(raw []byte) (values, depth int) {
	level, quoted, empty := 0, false, false
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
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '}', ']':
			level--
			empty = false
			continue
		case ',':
			values++
			continue
		}
		if empty { // the first thing in it
			values++
			empty = false
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			level++
			depth, empty = max(depth, level), true
		}
	}
	return values, depth
}
