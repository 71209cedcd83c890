package extent

import (
	"bytes"
	"encoding/json"
	"errors"
)

// ErrObject: what should be a JSON object is none.
var ErrObject = errors.New("not a JSON object")

// Object decodes a JSON object as far as it is within bounds: at most maxBytes of values,
// MaxValues and MaxDepth. left are the names of members that were left out, in their order
// and at most ten of them, and count is how many there are: those that did not fit beside
// the members before them, and those that cannot be decoded, like a number that is none of
// this world. It takes no memory for what it leaves out. [ErrObject].
func Object(raw []byte, maxBytes int) (members map[string]any, left []string, count int, err error) {
	const maxLeft = 10
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, 0, ErrObject
	}
	members = map[string]any{}
	size, total := 0, 0
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, nil, 0, ErrObject
		}
		var member json.RawMessage
		if err := dec.Decode(&member); err != nil {
			return nil, nil, 0, ErrObject
		}
		values, depth := Of(member)
		var value any
		fits := size+len(member) <= maxBytes && total+1+values <= MaxValues && 1+depth <= MaxDepth
		if !fits || json.Unmarshal(member, &value) != nil {
			if count++; len(left) < maxLeft {
				left = append(left, name.(string))
			}
			continue
		}
		size, total = size+len(member)+len(name.(string)), total+1+values
		members[name.(string)] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, 0, ErrObject
	}
	return members, left, count, nil
}
