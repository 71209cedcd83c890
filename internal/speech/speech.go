// Package speech is text to speech for the demo and the tests, and the measure of a
// recognizer: how much of a text is in a transcript.
package speech

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"morag/internal/proc"
)

// maxSpeaking bounds festival and ffmpeg each; a minute of speech takes them seconds.
const maxSpeaking = 5 * time.Minute

// Speak has festival's slt voice speak text into the file out; the extension decides
// the format, as ffmpeg has it (mp3, wav, flac, …). Of the voices in Debian it is the
// one that pocketsphinx understands. An error of a missing program wraps
// [proc.ErrNotFound] and says what to install.
func Speak(ctx context.Context, text, out string) error {
	dir, err := os.MkdirTemp("", "morag-speech-")
	if err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	defer os.RemoveAll(dir)
	words, wave := filepath.Join(dir, "words.txt"), filepath.Join(dir, "speech.wav")
	if err := os.WriteFile(words, []byte(text), 0o600); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	if out, err = filepath.Abs(out); err != nil { // a name that begins with a dash is no option
		return fmt.Errorf("speak: %w", err)
	}
	for _, step := range []struct {
		cmd    proc.Cmd
		remedy string
	}{
		{proc.Cmd{Name: "text2wave", Args: []string{"-eval", "(voice_cmu_us_slt_arctic_hts)", "-o", wave, words}}, "festival festvox-us-slt-hts"},
		{proc.Cmd{Name: "ffmpeg", Args: []string{"-v", "error", "-nostdin", "-y", "-i", wave, out}}, "ffmpeg"},
	} {
		step.cmd.Timeout = maxSpeaking
		if _, err := proc.Run(ctx, step.cmd); errors.Is(err, proc.ErrNotFound) {
			return fmt.Errorf("speak: %w: apt-get install %s", err, step.remedy)
		} else if err != nil {
			return fmt.Errorf("speak: %w", err)
		}
	}
	return nil
}
