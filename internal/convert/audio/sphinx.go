package audio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

const (
	sphinxName    = "pocketsphinx"
	sphinxCommand = "pocketsphinx_continuous"
	sphinxRemedy  = "apt-get install pocketsphinx pocketsphinx-en-us"

	// Loading the model takes 0.3 s of a processor, as two seconds of speech do, and each
	// process 100 MB: a piece is to be worth that. The upper bound keeps progress moving
	// and the processors equally busy.
	minSphinxPiece = 20.0  // seconds
	maxSphinxPiece = 300.0 // seconds

	// A segment ends with its utterance, where the speaker pauses this long in it, ...
	segmentPause = 0.4 // seconds
	// ... and if it has become long, where the pause is this long.
	shortPause  = 0.1  // seconds
	longSegment = 15.0 // seconds
)

// sphinx is Carnegie Mellon's recognizer of the years before neural networks: it runs
// anywhere at a seventh of the time of speech, knows English only, and gets one word in
// ten wrong when the speech is clean.
type sphinx struct{ config Config }

func (s *sphinx) name() string    { return sphinxName }
func (s *sphinx) quality() string { return "low" }
func (s *sphinx) wanted() bool    { return false }

func (s *sphinx) lacks(want wish) string {
	if _, err := proc.Find(sphinxCommand); err != nil {
		return "is not installed"
	}
	if want.translate && want.language != "en" {
		return "does not translate"
	}
	if want.language != "" && want.language != "en" {
		return "understands English only"
	}
	return ""
}

func (s *sphinx) describe(context.Context) convert.Engine {
	_, err := proc.Find(sphinxCommand) // it does not tell its version
	return convert.Engine{Name: sphinxName, Purpose: "speech to text, English, low quality", Available: err == nil, Remedy: sphinxRemedy}
}

// transcribe cuts the recording at pauses into pieces for all processors.
func (s *sphinx) transcribe(ctx context.Context, rec recording, _ wish, progress func(float64)) (transcript, error) {
	target := min(max(rec.duration()/float64(s.config.Threads), minSphinxPiece), maxSphinxPiece)
	pieces := withSound(cutAtPauses(rec.duration(), rec.pauses, target, 2*maxSphinxPiece), rec.silences)
	t := newTracker(pieces, progress)
	words := make([][]word, len(pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.config.Threads)
	for i, piece := range pieces {
		group.Go(func() (err error) {
			words[i], err = s.recognize(ctx, rec, piece, t.piece(i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return transcript{}, err
	}
	tr := transcript{language: "en", engine: sphinxName, quality: s.quality()}
	for i, piece := range pieces {
		tr.segments = append(tr.segments, shift(sentences(words[i]), piece.start)...)
	}
	return tr, nil
}

// recognize runs one piece. 0.3 s of silence end an utterance: with the default of
// 0.5 s sentences run together, and more words are wrong (11.5 % instead of 10.9 % over
// six texts of the slt voice; other beams, weights and noise settings gained nothing).
func (s *sphinx) recognize(ctx context.Context, rec recording, piece span, progress func(float64)) ([]word, error) {
	file := filepath.Join(rec.scratch, fmt.Sprintf("piece-%.0f.wav", piece.start*1000))
	if err := rec.cut(piece, file); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	var words []word
	result, err := proc.Run(ctx, proc.Cmd{
		Name:    sphinxCommand,
		Args:    []string{"-infile", file, "-time", "yes", "-vad_postspeech", "30"},
		Timeout: s.config.Timeout, MaxMemory: s.config.MaxMemory,
		Line: func(line []byte) {
			if w, ok := parseSphinx(string(line)); ok {
				words = append(words, w)
				progress(w.end / piece.length())
			}
		},
	})
	switch {
	case err == nil:
		progress(1)
		return words, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, proc.ErrNotFound), strings.Contains(result.Stderr, "does not contain acoustic model"):
		return nil, convert.NoEngine("pocketsphinx or its English model is missing: " + sphinxRemedy)
	case errors.Is(err, proc.ErrTimeout):
		return nil, convert.EngineFailed(fmt.Sprintf("pocketsphinx took longer than %s", s.config.Timeout), err)
	}
	return nil, convert.EngineFailed("pocketsphinx failed", err)
}

// word is one line of pocketsphinx's output with -time yes. A filler has no text; one
// of them ends an utterance.
type word struct {
	text       string
	start, end float64
	confidence float64
	final      bool
}

// parseSphinx reads a line "word(2) 0.170 0.350 0.499883". The lines between, which
// repeat the words of an utterance without times, are not such.
func parseSphinx(line string) (word, bool) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return word{}, false
	}
	var numbers [3]float64
	for i, field := range fields[1:] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil || !(n >= 0 && n < 1e9) {
			return word{}, false
		}
		numbers[i] = n
	}
	w := word{start: numbers[0], end: max(numbers[0], numbers[1]), confidence: min(numbers[2], 1), final: fields[0] == "</s>"}
	if !isFiller(fields[0]) {
		w.text = timed.Line(withoutVariant(fields[0]))
	}
	return w, true
}

// isFiller tells what is no word: <s>, </s>, <sil>, [NOISE], ++BREATH++.
func isFiller(text string) bool {
	return strings.HasPrefix(text, "<") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, "++")
}

// withoutVariant takes off the number of a word's pronunciation: "and(2)".
func withoutVariant(text string) string {
	open := strings.LastIndexByte(text, '(')
	if open <= 0 || !strings.HasSuffix(text, ")") {
		return text
	}
	if _, err := strconv.Atoi(text[open+1 : len(text)-1]); err != nil {
		return text
	}
	return text[:open]
}

// sentences makes segments of the words between pauses. pocketsphinx has no
// punctuation, and a pause is all it shows of a sentence's end.
func sentences(words []word) []content.Segment {
	var segments []content.Segment
	var current []word
	end := func() {
		if len(current) > 0 {
			segments = append(segments, sentence(current))
			current = nil
		}
	}
	for _, w := range words {
		if w.final {
			end()
		}
		if w.text == "" {
			continue
		}
		if n := len(current); n > 0 {
			pause := w.start - current[n-1].end
			long := current[n-1].end-current[0].start >= longSegment
			if pause >= segmentPause || long && pause >= shortPause {
				end()
			}
		}
		current = append(current, w)
	}
	end()
	return segments
}

func sentence(words []word) content.Segment {
	texts, timed := make([]string, len(words)), make([]content.Word, len(words))
	confidence := 0.0
	for i, w := range words {
		texts[i] = w.text
		if i == 0 || w.text == "i" || strings.HasPrefix(w.text, "i'") {
			texts[i] = capitalize(w.text)
		}
		timed[i] = content.Word{Start: w.start, End: w.end, Text: texts[i]}
		confidence += w.confidence / float64(len(words))
	}
	return content.Segment{
		Start: words[0].start, End: words[len(words)-1].end,
		Text: strings.Join(texts, " "), Confidence: &confidence, Words: timed,
	}
}

// capitalize makes the first letter a capital.
func capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
