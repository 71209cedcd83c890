package convert

import (
	"fmt"
	"io"
	"os"
	"strings"

	"morag/internal/content"
)

// MaxAddress is the longest address in bytes that a source may hold, as most browsers
// and servers have it.
const MaxAddress = 8192

// Address is where a web or youtube source is: src.URL, or what the file at src.Path
// holds, which is the address and nothing else. It wraps [ErrBadSource] when that
// cannot be an address; whether it may be called is for the caller to judge.
func Address(src content.Source) (string, error) {
	if src.URL != "" {
		return src.URL, nil
	}
	f, err := os.Open(src.Path)
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxAddress+1))
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	address := strings.TrimSpace(string(raw))
	isText := !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '\uFFFD' || r == 0x7f })
	if address == "" || len(raw) > MaxAddress || !isText {
		return "", BadSource("the source is not the address of a page", nil)
	}
	return address, nil
}
