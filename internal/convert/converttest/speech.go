package converttest

import (
	"os/exec"
	"path/filepath"
	"testing"

	"morag/internal/speech"
)

// SpokenText is text of our own, about 45 seconds when spoken by [Speak]: plain
// sentences of common words, as a person would dictate them.
const SpokenText = `Good morning, and welcome to the weekly meeting of the town.
The first item on the list is the new bridge across the river.
The engineers have finished their report, and they recommend that we start the work in the spring.
The second item is the library. It will be closed for two weeks in August.
Please return your books before the end of July.
The third item is the price of water. It has gone up three times in the last ten years,
and many families find it hard to pay the bill. We will discuss a new plan next month.
Finally, I would like to thank everyone who helped to clean the beach on Saturday.
More than two hundred people came, and they filled ninety bags with paper and plastic.`

// Speak has a voice speak text and returns the path of an mp3 file of it, in a folder
// that goes with the test. [speech.WordErrorRate] compares a transcript with the text.
func Speak(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "speech.mp3")
	if err := speech.Speak(t.Context(), text, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Encode has ffmpeg write the recording in path in the format of extension, with
// further output options such as "-t", "5", and returns the new file's path, in a
// folder that goes with the test.
func Encode(t testing.TB, path, extension string, options ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "speech."+extension)
	args := append([]string{"-v", "error", "-nostdin", "-i", path}, options...)
	if message, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, out)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, message)
	}
	return out
}
