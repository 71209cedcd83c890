package remote

import (
	"cmp"
	"fmt"

	"morag/internal/job"
)

// tries says, of a job that has waited or been worked on before, which try it is at and why
// the last one came to nothing, as "2nd try, w1 failed: ffmpeg is missing"; "" of a job at its
// first. Whoever sees its progress begin anew sees why.
func tries(j *job.Job) string {
	i := len(j.History) - 1
	for i >= 0 && (j.History[i].To != job.Pending || j.History[i].From == "") {
		i--
	}
	if i < 0 {
		return ""
	}
	n := j.Attempt
	if j.Status == job.Pending {
		n++
	}
	return fmt.Sprintf("%s try, %s", ordinal(n), requeued(j.History[i], j.ErrorMessage))
}

// requeued says why a job went back to wait.
func requeued(e job.Entry, message string) string {
	who := cmp.Or(e.WorkerID, "a worker")
	switch job.Event(e.Reason) {
	case job.Release:
		return who + " released it"
	case job.Unconfirmed:
		return who + " did not take it up"
	case job.Reassign:
		return "an operator reassigned it"
	case job.Retry:
		return "an operator has it tried again"
	}
	return fmt.Sprintf("%s failed: %s", who, cmp.Or(message, "it did not say why"))
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
