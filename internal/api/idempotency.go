package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxIdempotencyKey bounds the header of that name.
const maxIdempotencyKey = 255

// repeatable is the header by which a request that creates something may be made again.
type repeatable struct {
	Key string `header:"Idempotency-Key" doc:"the same request again with the same key meets what it made before; another request with it is refused"`
}

// id is the id of what this request creates, made of its caller, its route and its
// Idempotency-Key, so that the same request again meets what it made before; "" without
// the header.
func (in repeatable) id(c *call) (string, error) {
	key := in.Key
	if key == "" {
		return "", nil
	}
	if len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return "", malformed("the header Idempotency-Key must have at most %d printable characters", maxIdempotencyKey)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", c.scope().Owner, c.route, key))
	return hex.EncodeToString(sum[:16]), nil
}

// fingerprint is a hash of what the form holds: its fields and its file's content.
func (f *form) fingerprint() string {
	names := make([]string, 0, len(f.fields))
	for name := range f.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%q=%q\n", name, f.fields[name])
	}
	if f.file != nil {
		fmt.Fprintf(h, "file %s %q\n", f.file.SHA256, f.file.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}
