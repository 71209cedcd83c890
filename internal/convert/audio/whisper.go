package audio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

const (
	whisperName   = "whisper-cli"
	whisperRemedy = "install whisper-cli of whisper.cpp and set MORAG_WHISPER_MODEL to a model file"

	// maxTranscript bounds an engine's answer; a day with all its tokens is below that.
	maxTranscript = 256 << 20
)

// whisper is whisper.cpp's command line program with a model on this machine's disk.
type whisper struct{ config Config }

func (w *whisper) name() string { return whisperName }
func (w *whisper) wanted() bool { return w.config.WhisperModel != "" }

// quality goes by the size of the model, which is in its file's name.
func (w *whisper) quality() string {
	name := filepath.Base(w.config.WhisperModel)
	if strings.Contains(name, "tiny") || strings.Contains(name, "base") {
		return "medium"
	}
	return "high"
}

func (w *whisper) englishOnly() bool {
	return strings.Contains(filepath.Base(w.config.WhisperModel), ".en")
}

func (w *whisper) lacks(want wish) string {
	if w.config.WhisperModel == "" {
		return "has no model"
	}
	if info, err := os.Stat(w.config.WhisperModel); err != nil || !info.Mode().IsRegular() {
		return "has no model file where MORAG_WHISPER_MODEL says"
	}
	if _, err := proc.Find(w.config.WhisperCommand); err != nil {
		return "is not installed"
	}
	if w.englishOnly() && want.language != "en" && (want.language != "" || want.translate) {
		return "has a model for English only"
	}
	return ""
}

func (w *whisper) describe(context.Context) convert.Engine {
	return convert.Engine{
		Name: whisperName, Purpose: "speech to text on this machine",
		Available: w.lacks(wish{}) == "", Remedy: whisperRemedy,
	}
}

func (w *whisper) transcribe(ctx context.Context, rec recording, want wish, progress func(float64)) (transcript, error) {
	out := filepath.Join(rec.scratch, "whisper")
	language := want.language
	if language == "" {
		language = "auto"
	}
	if w.englishOnly() {
		language = "en"
	}
	args := []string{
		"-m", w.config.WhisperModel, "-f", rec.path, "-l", language, "-t", strconv.Itoa(w.config.Threads),
		"-ojf", "-of", out,
	}
	if want.translate && !w.englishOnly() {
		args = append(args, "-tr")
	}
	if want.prompt != "" {
		args = append(args, "--prompt", want.prompt)
	}
	_, err := proc.Run(ctx, proc.Cmd{
		Name: w.config.WhisperCommand, Args: args,
		Timeout: w.config.Timeout, MaxMemory: w.config.MaxMemory, MaxStdout: maxTranscript,
		Line: func(line []byte) {
			if position, ok := parseWhisperLine(string(line)); ok {
				progress(position / rec.duration())
			}
		},
	})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return transcript{}, ctx.Err()
	case errors.Is(err, proc.ErrTimeout):
		return transcript{}, convert.EngineFailed(fmt.Sprintf("whisper-cli took longer than %s", w.config.Timeout), err)
	default:
		return transcript{}, convert.EngineFailed("whisper-cli failed", err)
	}
	raw, err := readLimited(out+".json", maxTranscript)
	if err != nil {
		return transcript{}, convert.EngineFailed("whisper-cli wrote no transcript", err)
	}
	tr, err := parseWhisper(raw)
	if err != nil {
		return transcript{}, convert.EngineFailed("whisper-cli wrote an unreadable transcript", err)
	}
	tr.engine = whisperName + " " + strings.TrimSuffix(filepath.Base(w.config.WhisperModel), ".bin")
	tr.quality = w.quality()
	return tr, nil
}

// parseWhisperLine reads the end in seconds of "[00:00:00.000 --> 00:00:07.600]  text",
// which whisper-cli prints as it goes.
func parseWhisperLine(line string) (float64, bool) {
	_, rest, found := strings.Cut(line, " --> ")
	clock, _, closed := strings.Cut(rest, "]")
	parts := strings.Split(clock, ":")
	if !found || !closed || len(parts) != 3 {
		return 0, false
	}
	total := 0.0
	for _, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || !(n >= 0 && n < 1e6) {
			return 0, false
		}
		total = total*60 + n
	}
	return total, true
}

// whisperOutput is what -ojf writes: times are milliseconds, tokens carry their
// probability, and special ones are in brackets.
type whisperOutput struct {
	Result struct {
		Language string `json:"language"`
	} `json:"result"`
	Transcription []struct {
		Offsets struct {
			From float64 `json:"from"`
			To   float64 `json:"to"`
		} `json:"offsets"`
		Text   string         `json:"text"`
		Tokens []whisperToken `json:"tokens"`
	} `json:"transcription"`
}

// whisperToken is a word, a part of one, or a mark.
type whisperToken struct {
	Text    string  `json:"text"`
	P       float64 `json:"p"`
	Offsets struct {
		From float64 `json:"from"`
		To   float64 `json:"to"`
	} `json:"offsets"`
}

func (t whisperToken) isMark() bool { return strings.HasPrefix(t.Text, "[_") }

// whisperWords puts tokens together: one that begins with a space begins a word. In a
// language without spaces each of them is one.
func whisperWords(tokens []whisperToken) (words []content.Word) {
	spaced := slices.ContainsFunc(tokens[min(1, len(tokens)):], func(t whisperToken) bool { return strings.HasPrefix(t.Text, " ") })
	for _, t := range tokens {
		if t.isMark() || strings.TrimSpace(t.Text) == "" {
			continue
		}
		if n := len(words); n > 0 && spaced && !strings.HasPrefix(t.Text, " ") {
			words[n-1].Text, words[n-1].End = words[n-1].Text+t.Text, t.Offsets.To/1000
			continue
		}
		words = append(words, content.Word{Start: t.Offsets.From / 1000, End: t.Offsets.To / 1000, Text: t.Text})
	}
	return words
}

func parseWhisper(raw []byte) (transcript, error) {
	var out whisperOutput
	if err := json.Unmarshal(raw, &out); err != nil {
		return transcript{}, fmt.Errorf("whisper transcript: %w", err)
	}
	tr := transcript{language: timed.Language(out.Result.Language)}
	for _, s := range out.Transcription {
		if isWhisperMark(s.Text) {
			continue
		}
		segment := content.Segment{Start: s.Offsets.From / 1000, End: s.Offsets.To / 1000, Text: s.Text, Words: whisperWords(s.Tokens)}
		sum, count := 0.0, 0.0
		for _, token := range s.Tokens {
			if !token.isMark() {
				sum, count = sum+token.P, count+1
			}
		}
		if count > 0 {
			mean := sum / count
			segment.Confidence = &mean
		}
		tr.segments = append(tr.segments, segment)
	}
	return tr, nil
}

// isWhisperMark tells what Whisper writes where nobody speaks.
func isWhisperMark(text string) bool {
	text = strings.TrimSpace(text)
	return text == "[BLANK_AUDIO]" || text == "[ Silence ]" || text == "(silence)"
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return raw, err
}
