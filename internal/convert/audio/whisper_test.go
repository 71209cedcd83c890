package audio_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
)

// fakeWhisper is the name under which this test binary plays whisper-cli.
const fakeWhisper = "whisper-cli"

// playWhisper checks the arguments as the real program does and writes what the real
// one writes with -ojf, shortened. What it plays is in its "model".
func playWhisper(args []string) int {
	flags := flag.NewFlagSet(fakeWhisper, flag.ContinueOnError)
	model := flags.String("m", "", "")
	file := flags.String("f", "", "")
	language := flags.String("l", "en", "")
	threads := flags.Int("t", 4, "")
	full := flags.Bool("ojf", false, "")
	out := flags.String("of", "", "")
	prompt := flags.String("prompt", "", "")
	translate := flags.Bool("tr", false, "")
	if flags.Parse(args) != nil || flags.NArg() > 0 || !*full || *out == "" {
		fmt.Fprintf(os.Stderr, "error: bad arguments %q\n", args)
		return 1
	}
	role, err := os.ReadFile(*model)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: failed to initialize whisper context")
		return 3
	}
	wave, err := os.ReadFile(*file)
	if err != nil || len(wave) < 1000 || string(wave[:4]) != "RIFF" || string(wave[8:16]) != "WAVEfmt " ||
		wave[22] != 1 || int(wave[24])|int(wave[25])<<8 != 16000 {
		fmt.Fprintln(os.Stderr, "error: failed to read the frames of the audio data")
		return 2
	}
	switch string(role) {
	case "fail":
		fmt.Fprintln(os.Stderr, "whisper_full_with_state: failed to encode")
		return 10
	case "hang":
		fmt.Println("[00:00:00.000 --> 00:00:01.500]   Good morning")
		select {}
	case "no file":
		return 0
	case "garbage":
		_ = os.WriteFile(*out+".json", []byte(`{"transcription": [{`), 0o600)
		return 0
	}
	if role := string(role); strings.HasPrefix(role, "prompt ") && *prompt != role[len("prompt "):] {
		fmt.Fprintf(os.Stderr, "error: prompt %q\n", *prompt)
		return 1
	}
	if *translate != (string(role) == "translate") {
		return 1
	}
	detected := *language
	if detected == "auto" {
		detected = "en"
	}
	fmt.Println("\n[00:00:00.000 --> 00:00:03.120]   Good morning, and welcome.")
	fmt.Println("[00:00:03.120 --> 00:00:07.480]   The first item.")
	type m = map[string]any
	token := func(text string, p float64) m {
		return m{"text": text, "timestamps": m{"from": "00:00:00,000", "to": "00:00:01,000"}, "offsets": m{"from": 0, "to": 1000}, "id": 50363, "p": p, "t_dtw": -1}
	}
	segment := func(from, to int, text string, tokens ...m) m {
		return m{"timestamps": m{"from": "00:00:00,000", "to": "00:00:03,120"}, "offsets": m{"from": from, "to": to}, "text": text, "tokens": tokens}
	}
	raw, _ := json.Marshal(m{
		"systeminfo": "AVX = 1 | ", "model": m{"type": "base", "multilingual": true},
		"params": m{"model": *model, "language": *language, "threads": *threads, "translate": false},
		"result": m{"language": detected},
		"transcription": []m{
			segment(0, 3120, " Good morning, and welcome.", token("[_BEG_]", 0.1), token(" Good", 0.9), token(" morning", 0.7)),
			segment(3120, 3500, " [BLANK_AUDIO]"),
			segment(3500, 7480, " The first item.", token(" The", 0.5), token("[_TT_374]", 0.2)),
		},
	})
	if os.WriteFile(*out+".json", raw, 0o600) != nil {
		return 4
	}
	return 0
}

// whisperConfig has the program play a role with a model file of some name.
func whisperConfig(t *testing.T, role, model string) audio.Config {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(dir, fakeWhisper)
	if err := os.Symlink(self, command); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, model)
	if err := os.WriteFile(path, []byte(role), 0o600); err != nil {
		t.Fatal(err)
	}
	return audio.Config{WhisperCommand: command, WhisperModel: path, Threads: 2}
}

func TestWhisper(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		model, language   string
		wantLanguage, lvl string
	}{
		{"ggml-base.bin", "", "en", "medium"},
		{"ggml-large-v3.bin", "de-DE", "de", "high"},
		{"ggml-small.en.bin", "en-GB", "en", "high"},
	} {
		t.Run(tt.model, func(t *testing.T) {
			t.Parallel()
			doc, err := transcribe(t, whisperConfig(t, "", tt.model), spoken(t, short), convert.Options{Language: tt.language})
			if err != nil {
				t.Fatal(err)
			}
			if doc.Content != "[00:00:00] Good morning, and welcome.\n\n[00:00:03] The first item." {
				t.Errorf("content %q", doc.Content)
			}
			if len(doc.Segments) != 2 || *doc.Segments[0].Confidence != 0.8 || doc.Segments[1].Start != 3.5 || doc.Segments[1].End != 7.48 {
				t.Errorf("segments %+v", doc.Segments)
			}
			if doc.Metadata["language"] != tt.wantLanguage || doc.Metadata["quality"] != tt.lvl ||
				doc.Metadata["engine"] != "whisper-cli "+strings.TrimSuffix(tt.model, ".bin") {
				t.Errorf("metadata %v", doc.Metadata)
			}
		})
	}
}

func TestWhisperThatFails(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"fail": "whisper-cli failed", "no file": "wrote no transcript", "garbage": "unreadable transcript",
	} {
		_, err := transcribe(t, whisperConfig(t, role, "ggml-base.bin"), spoken(t, short), convert.Options{})
		if !errors.Is(err, convert.ErrEngine) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestWhisperThatHangsIsStopped(t *testing.T) {
	t.Parallel()
	config := whisperConfig(t, "hang", "ggml-base.bin")
	config.ScratchDir = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := audio.New(config).Convert(ctx, spoken(t, short), convert.Options{}, func(fraction float64, _ string) {
		if fraction > 0.15 { // it has printed a line
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Whisper was asked for and cannot: the next engine does it, and says so.
func TestWhisperThatIsMissingIsWarnedAbout(t *testing.T) {
	t.Parallel()
	doc, err := transcribe(t, audio.Config{WhisperModel: filepath.Join(t.TempDir(), "gone.bin")}, spoken(t, short), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if doc.Metadata["engine"] != "pocketsphinx" || len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "whisper-cli has no model file") {
		t.Errorf("engine %v, warnings %q", doc.Metadata["engine"], doc.Warnings)
	}
}

func TestEnglishModelIsNotGivenGerman(t *testing.T) {
	t.Parallel()
	config := whisperConfig(t, "", "ggml-base.en.bin")
	_, err := transcribe(t, config, spoken(t, short), convert.Options{Language: "de"})
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "English only") {
		t.Errorf("error %v", err)
	}
	var src content.Source = spoken(t, short)
	if _, err := transcribe(t, config, src, convert.Options{Language: "English"}); err != nil {
		t.Error(err)
	}
}

// TestWhisperIsPrompted with words to expect, as one line that is no argument of its own.
func TestWhisperIsPrompted(t *testing.T) {
	t.Parallel()
	if _, err := transcribe(t, whisperConfig(t, "prompt --heron, tide", "ggml-base.bin"), spoken(t, short), convert.Options{Prompt: " --heron,\n tide"}); err != nil {
		t.Error(err)
	}
}

// TestWhisperTranslates with a model of several languages alone, and pocketsphinx never.
func TestWhisperTranslates(t *testing.T) {
	t.Parallel()
	doc, err := transcribe(t, whisperConfig(t, "translate", "ggml-base.bin"), spoken(t, short), convert.Options{Language: "de", Translate: true})
	if err != nil || doc.Metadata["language"] != "en" || doc.Metadata["translated"] != true {
		t.Errorf("%+v, %v", doc, err)
	}
	for _, language := range []string{"", "de"} {
		_, err = transcribe(t, whisperConfig(t, "translate", "ggml-base.en.bin"), spoken(t, short), convert.Options{Language: language, Translate: true})
		if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "translates") {
			t.Errorf("a model for English only, language %q: %v", language, err)
		}
	}
}
