package timed_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/timed"
)

func TestCheckEnd(t *testing.T) {
	t.Parallel()
	riff := func(size string, bytes int) string { return "RIFF" + size + strings.Repeat("x", bytes) }
	page := func(flags string) string { return "OggS\x00" + flags + strings.Repeat("x", 100) }
	for name, tt := range map[string]struct {
		file            string
		warned, refused bool
	}{
		"a whole RIFF":           {riff("\xe8\x03\x00\x00", 1000), false, false},
		"more than it says":      {riff("\xe8\x03\x00\x00", 9000), false, false},
		"a byte is missing":      {riff("\xe8\x03\x00\x00", 999), false, false},
		"half a RIFF":            {riff("\xe8\x03\x00\x00", 500), false, true},
		"a RIFF from a pipe":     {riff("\xff\xff\xff\xff", 500), false, false},
		"an Ogg with its end":    {page("\x02") + page("\x00") + page("\x04"), false, false},
		"an Ogg cut off":         {page("\x02") + page("\x00") + "OggS", true, false},
		"an Ogg without its end": {page("\x02") + page("\x00"), true, false},
		"something else":         {"fLaC and more", false, false},
		"two bytes":              {"RI", false, false},
		"nothing":                {"", false, false},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		warning, err := timed.CheckEnd(path)
		if (warning != "") != tt.warned || errors.Is(err, convert.ErrBadSource) != tt.refused || (err != nil) != tt.refused {
			t.Errorf("%s: %q, %v", name, warning, err)
		}
	}
}
