package api

import (
	"encoding/json"
	"testing"

	"morag/internal/job"
)

// A worker's time is a number that can be counted with, or it is refused.
func TestProcessingTimeIsSane(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0": 0, "41.5": 41.5, "2592000": 2592000, "2592001": 2592000, "1e300": 2592000} {
		result, err := decodeResult([]byte(`{"success": true, "content": "x", "processing_time": ` + text + `}`))
		var kept job.Result
		if err != nil || json.Unmarshal(result.Data, &kept) != nil || kept.ProcessingTime != want {
			t.Errorf("%s: %v, %v, want %v", text, kept.ProcessingTime, err, want)
		}
	}
	for _, text := range []string{"-1", "1e999", `"NaN"`} {
		if _, err := decodeResult([]byte(`{"success": true, "content": "x", "processing_time": ` + text + `}`)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
