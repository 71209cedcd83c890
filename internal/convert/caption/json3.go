package caption

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseJSON3 reads YouTube's own format. Captions that roll on the screen stand in it
// once each, with the time until which they are seen, so a cue is taken to end where
// the next begins. The cues are in time order, and each has text.
func ParseJSON3(raw []byte) ([]Cue, error) {
	var file struct {
		Events []struct {
			Start    float64 `json:"tStartMs"`
			Duration float64 `json:"dDurationMs"`
			Append   int     `json:"aAppend"` // a line end, on the screen
			Segments []struct {
				Text string `json:"utf8"`
			} `json:"segs"`
		} `json:"events"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("captions: %w", err)
	}
	var cues []Cue
	for _, e := range file.Events {
		start, duration := e.Start/1000, e.Duration/1000
		if e.Append != 0 || !(start >= 0 && start < 1e7) || !(duration >= 0 && duration < 1e7) {
			continue
		}
		var b strings.Builder
		for _, s := range e.Segments {
			b.WriteString(s.Text)
		}
		c := Cue{Start: thousandths(start), End: thousandths(start + duration)}
		for line := range strings.Lines(b.String()) {
			if line = OneLine(line); line != "" {
				c.Lines = append(c.Lines, line)
			}
		}
		cues = append(cues, c)
	}
	cues = inOrder(cues)
	for i := range max(len(cues)-1, 0) {
		cues[i].End = max(cues[i].Start, min(cues[i].End, cues[i+1].Start))
	}
	return cues, nil
}
