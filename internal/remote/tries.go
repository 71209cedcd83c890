package remote

import (
	"fmt"

	"morag/internal/job"
)

// tries says, of a job that has failed before, which try it is at and why the last one was
// none, as "2nd try, w1 failed: ffmpeg is missing"; "" of a job at its first.
func tries(j *job.Job) string {
	if j.RetryCount == 0 {
		return ""
	}
	who := "a worker"
	for i := len(j.History) - 1; i >= 0; i-- {
		if e := j.History[i]; e.Reason == string(job.Fail) || e.Reason == string(job.LoseLease) {
			if e.WorkerID != "" {
				who = e.WorkerID
			}
			break
		}
	}
	return fmt.Sprintf("%s try, %s failed: %s", ordinal(j.RetryCount+1), who, j.ErrorMessage)
}

// ordinal is 1st, 2nd, 3rd, 4th …
func ordinal(n int) string {
	suffix := "th"
	if tens := n / 10 % 10; tens != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
