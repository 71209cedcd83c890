package charset

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// A reader may ask for a byte at a time, fewer than a character has.
func TestStreamInSmallPieces(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("a\r\né€\r𝄞\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stream, err := Open(t.Context(), path, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if got, err := io.ReadAll(iotest.OneByteReader(stream)); err != nil || string(got) != "a\né€\n𝄞\n" {
		t.Errorf("%q, %v", got, err)
	}
}
