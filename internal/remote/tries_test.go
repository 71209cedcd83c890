package remote

import (
	"testing"

	"morag/internal/job"
)

func TestTriesNameWhoFailedAndWhy(t *testing.T) {
	t.Parallel()
	history := []job.Entry{{Reason: string(job.Claim)}, {Reason: string(job.Fail), WorkerID: "w1"}, {Reason: string(job.Claim), WorkerID: "w2"}}
	for want, j := range map[string]job.Job{
		"":                                      {History: history, ErrorMessage: "released before"},
		"2nd try, w1 failed: ffmpeg is missing": {RetryCount: 1, History: history, ErrorMessage: "ffmpeg is missing"},
		"3rd try, a worker failed: x":           {RetryCount: 2, ErrorMessage: "x"},
	} {
		if got := tries(&j); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 111: "111th", 122: "122nd"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
