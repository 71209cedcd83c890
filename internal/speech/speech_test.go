package speech_test

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/speech"
)

func TestSpeakWritesARecording(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "hello.mp3")
	if err := speech.Speak(t.Context(), "Good morning, and welcome to the town.", out); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	// Two seconds of speech, as an mp3 file with or without a tag in front.
	if len(data) < 4000 || (string(data[:3]) != "ID3" && data[0] != 0xff) {
		t.Errorf("%d bytes that begin with %q", len(data), data[:min(len(data), 4)])
	}
}

func TestSpeakTellsWhatFailed(t *testing.T) {
	t.Parallel()
	err := speech.Speak(t.Context(), "Hello.", filepath.Join(t.TempDir(), "no", "folder", "a.mp3"))
	if err == nil {
		t.Fatal("no error for a folder that is not there")
	}
}

func TestWordErrorRate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reference, transcript string
		want                  float64
	}{
		{"", "", 0},
		{"", "one", 1},
		{"one two", "one two", 0},
		{"One, two!", "[00:00:01] one\n\n[00:01:01] two", 0},
		{"one two three four", "one three four", 0.25},
		{"one two three four", "one two and three four", 0.25},
		{"one two three four", "one to three four", 0.25},
		{"one two three four", "", 1},
		{"one two", "five six seven eight", 2},
		{"it's well-known", "it's well known", 0},
	} {
		if got := speech.WordErrorRate(tt.reference, tt.transcript); got != tt.want {
			t.Errorf("%q, %q: got %v, want %v", tt.reference, tt.transcript, got, tt.want)
		}
	}
}
