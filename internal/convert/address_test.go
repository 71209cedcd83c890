package convert_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
)

// FuzzAddress: what a source file holds is one bounded line, or no address.
func FuzzAddress(f *testing.F) {
	f.Add([]byte("https://example.org/\n"))
	f.Add([]byte("--exec=sh https://example.org/"))
	f.Add([]byte("https://example.org/\r\nhttps://inner.example/"))
	f.Add([]byte("\xff\xfe"))
	f.Add([]byte(strings.Repeat("a", convert.MaxAddress+1)))
	path := filepath.Join(f.TempDir(), "address")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		address, err := convert.Address(content.Source{Path: path})
		if err != nil {
			if !errors.Is(err, convert.ErrBadSource) {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if address == "" || len(address) > convert.MaxAddress || strings.ContainsAny(address, " \r\n\t\x00") {
			t.Errorf("%q gives the address %q", raw, address)
		}
	})
}
