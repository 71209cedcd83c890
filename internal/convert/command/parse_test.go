package command

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseProgress(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		fraction float64
		message  string
	}{
		"progress: 0.42 half of it": {0.42, "half of it"}, " progress: 42%\r": {0.42, "converting"}, "progress:1": {1, "converting"},
		"progress: 2 x": {-1, ""}, "progress: NaN x": {-1, ""}, "progress is slow": {-1, ""}, "progress:": {-1, ""}, "": {-1, ""},
	} {
		fraction, message, ok := parseProgress(line)
		if !ok {
			fraction = -1
		}
		if fraction != want.fraction || message != want.message {
			t.Errorf("%q: %v %q", line, fraction, message)
		}
	}
}

func FuzzResult(f *testing.F) {
	f.Add([]byte("# Markdown\n\f"))
	f.Add([]byte(`{"content": "a\u0000", "metadata": {"x": [1]}, "segments": [{"start": 1e308, "end": -1, "text": "x", "confidence": 9}]}`))
	f.Add([]byte(`{"segments": [], "language": 7, "thumbnails": ["data:image/png;base64,", "http://x"], "warnings": ["a\nb"]}`))
	f.Fuzz(func(t *testing.T, out []byte) {
		doc := parseResult(out)
		if !utf8.ValidString(doc.Content) || strings.ContainsRune(doc.Content, 0) || doc.Metadata == nil {
			t.Errorf("%+v", doc)
		}
		if _, err := json.Marshal(doc); err != nil {
			t.Error(err)
		}
		last := 0.0
		for _, s := range doc.Segments {
			if !(s.Start >= last && s.End >= s.Start) || s.Text == "" {
				t.Errorf("segment %+v", s)
			}
			last = s.Start
		}
	})
}

func FuzzName(f *testing.F) {
	f.Add("-rf")
	f.Add("../../a b.PDF")
	f.Add("\xff\x00.mp3")
	f.Fuzz(func(t *testing.T, name string) {
		safe := safeName(name)
		if len(safe) > maxName || !utf8.ValidString(safe) || strings.ContainsAny(safe, "/\\\x00\n\"'$`;&|<>*?") || strings.HasPrefix(safe, "-") {
			t.Errorf("%q became %q", name, safe)
		}
		if e := extension(name); e != "" && !strings.HasPrefix(e, ".") {
			t.Errorf("extension %q", e)
		}
	})
}
