package youtube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// parseJSON3 reads captions in YouTube's own format: segments in time order. Captions
// that roll on the screen stand in it once each, with the time until which they are
// seen, so a segment is taken to end where the next begins.
func parseJSON3(raw []byte) ([]content.Segment, error) {
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
	var segments []content.Segment
	for _, e := range file.Events {
		start, duration := e.Start/1000, e.Duration/1000
		if e.Append != 0 || !(start >= 0 && start < 1e7) || !(duration >= 0 && duration < 1e7) {
			continue
		}
		var b strings.Builder
		for _, s := range e.Segments {
			b.WriteString(s.Text)
		}
		if text := timed.Line(b.String()); text != "" {
			segments = append(segments, content.Segment{Start: timed.Round(start), End: timed.Round(start + duration), Text: text})
		}
	}
	slices.SortStableFunc(segments, func(a, b content.Segment) int { return cmp.Compare(a.Start, b.Start) })
	for i := range max(len(segments)-1, 0) {
		segments[i].End = max(segments[i].Start, min(segments[i].End, segments[i+1].Start))
	}
	return segments, nil
}
