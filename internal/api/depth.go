package api

// maxDepth is how deep the values of a JSON text may be nested. What is deeper is no
// request of an honest client, and costs every reader after us stack.
const maxDepth = 100

// tooDeep tells whether raw, which may be no valid JSON at all, nests deeper.
func tooDeep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return false
}
