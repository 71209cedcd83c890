package command

import (
	"strconv"
	"strings"
	"sync"

	"morag/internal/convert"
	"morag/internal/convert/timed"
)

const (
	// running is how far a conversion is while its program runs, at most.
	running = 0.99
	// maxWords bounds a line that is shown, in runes.
	maxWords = 160
)

// meter reads standard error: progress, which it passes on, and the last words.
type meter struct {
	report convert.Progress

	mu    sync.Mutex
	words string
}

// line takes a line of standard error.
func (m *meter) line(line []byte) {
	text := string(line[:min(len(line), 4*maxWords)])
	if fraction, message, ok := parseProgress(text); ok {
		m.report(min(fraction, running), message)
		return
	}
	if text = shorten(timed.Line(text)); text != "" {
		m.mu.Lock()
		m.words = text
		m.mu.Unlock()
	}
}

// last is the last line that was no progress.
func (m *meter) last() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.words
}

// parseProgress reads "progress: 0.42 some words" or "progress: 42% some words".
func parseProgress(line string) (fraction float64, message string, ok bool) {
	rest, found := strings.CutPrefix(strings.TrimSpace(line), "progress:")
	if !found {
		return 0, "", false
	}
	figure, message, _ := strings.Cut(strings.TrimSpace(rest), " ")
	number, percent := strings.CutSuffix(figure, "%")
	fraction, err := strconv.ParseFloat(number, 64)
	if percent {
		fraction /= 100
	}
	if err != nil || !(fraction >= 0 && fraction <= 1) {
		return 0, "", false
	}
	if message = shorten(timed.Line(message)); message == "" {
		message = "converting"
	}
	return fraction, message, true
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxWords {
		return string(runes[:maxWords-1]) + "…"
	}
	return text
}
