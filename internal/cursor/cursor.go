// Package cursor makes the texts by which a client asks for the next page of a list: the
// place of the last thing that it was told of, opaque to clients.
package cursor

import (
	"encoding/base64"
	"encoding/json"
)

// MaxBytes is how long a cursor may be: more than the longest label, owner and id make,
// each byte escaped to six.
const MaxBytes = 4096

// Text is the text of a place, a struct of numbers and strings.
func Text(place any) string {
	text, err := json.Marshal(place)
	if err != nil {
		panic(err) // numbers and strings can be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Read reads what [Text] made into the struct that place points to, which is undefined when
// it returns false: then this is the text of no such place.
func Read(text string, place any) bool {
	if len(text) > MaxBytes {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(raw, place) == nil
}
