package remote

import (
	"slices"
	"testing"

	"morag/internal/job"
)

func TestTriesNameWhoFailedAndWhy(t *testing.T) {
	t.Parallel()
	step := func(from, to job.Status, e job.Event, worker string) job.Entry {
		return job.Entry{From: from, To: to, Reason: string(e), WorkerID: worker}
	}
	first := []job.Entry{step("", job.Pending, job.Created, ""), step(job.Pending, job.Processing, job.Claim, "w1"), step(job.Processing, job.Processing, job.Confirm, "w1")}
	after := func(e job.Event) []job.Entry {
		return append(slices.Clone(first), step(job.Processing, job.Pending, e, "w1"), step(job.Pending, job.Processing, job.Claim, "w2"))
	}
	for want, j := range map[string]job.Job{
		"":                                                 {History: first, Attempt: 1, Status: job.Processing, ErrorMessage: "of nothing"},
		"2nd try, w1 failed: ffmpeg is missing":            {History: after(job.Fail), Attempt: 2, Status: job.Processing, ErrorMessage: "ffmpeg is missing"},
		"2nd try, w1 failed: x":                            {History: after(job.Fail)[:4], Attempt: 1, Status: job.Pending, ErrorMessage: "x"},
		"3rd try, w1 failed: silence":                      {History: after(job.LoseLease), Attempt: 3, Status: job.Processing, ErrorMessage: "silence"},
		"4th try, w1 failed: it did not say why":           {History: after(job.Fail), Attempt: 4, Status: job.Processing},
		"2nd try, w1 released it":                          {History: after(job.Release), Attempt: 2, Status: job.Processing, ErrorMessage: "of before"},
		"2nd try, w1 did not take it up":                   {History: after(job.Unconfirmed), Attempt: 2, Status: job.Processing},
		"2nd try, an operator reassigned it":               {History: after(job.Reassign), Attempt: 2, Status: job.Processing},
		"5th try, an operator has it tried again":          {History: append(after(job.Fail), step(job.Failed, job.Pending, job.Retry, "")), Attempt: 4, Status: job.Pending},
		"2nd try, a worker failed: the server did not say": {History: []job.Entry{step(job.Processing, job.Pending, job.Fail, "")}, Attempt: 2, Status: job.Processing, ErrorMessage: "the server did not say"},
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
