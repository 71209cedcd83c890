package api

import (
	"errors"
	"slices"
	"strings"

	"morag/internal/job"
	"morag/internal/remote"
	"morag/internal/task"
)

// conflict says of a refusal what the thing is and what stands against the call, "" when
// err is none of a state. Which states a call takes is read from the tables of states.
func conflict(err error) string {
	var ofJob *job.Refusal
	var ofTask *task.Refusal
	var over *remote.OverError
	switch {
	case errors.As(err, &over):
		return "the job's task is " + string(over.Status) + ": a job can be tried again only while its task waits for it, or has failed"
	case errors.As(err, &ofJob):
		return jobConflict(ofJob)
	case errors.As(err, &ofTask) && errors.Is(err, task.ErrConflict):
		return taskConflict(ofTask)
	}
	return ""
}

// inWords is a status of a job as a word for people.
func inWords(s job.Status) string {
	if s == job.Timeout {
		return "timed out"
	}
	return string(s)
}

func jobConflict(r *job.Refusal) string {
	is := "the job is " + inWords(r.Status)
	switch {
	case errors.Is(r, job.ErrOtherResult):
		return is + ": it has taken another result of this attempt"
	case errors.Is(r, job.ErrLeaseLost):
		return is + ": it is not held by this worker and attempt"
	case !errors.Is(r, job.ErrConflict):
		return ""
	}
	switch r.Event {
	case job.Cancel:
		return is + ": only " + fit(r.Event) + " jobs can be cancelled"
	case job.Retry:
		if r.Status == job.Pending {
			is += " already"
		}
		return is + ": only " + fit(r.Event) + " jobs can be retried"
	case job.Reassign:
		return is + ": only " + fit(r.Event) + " jobs can be reassigned"
	case job.Release:
		return is + ": only processing jobs can be released"
	case job.Succeed, job.Fail:
		return is + ": only processing jobs take a result"
	}
	return is + ": only processing jobs are worked on"
}

// fit names the states from which the event leads elsewhere whatever else holds, and those
// of a job that it takes back.
func fit(e job.Event) string {
	var names []string
	for _, t := range job.Transitions() {
		if t.Event == e && !(e == job.Retry && t.From == job.Pending) && !slices.Contains(names, inWords(t.From)) {
			names = append(names, inWords(t.From))
		}
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func taskConflict(r *task.Refusal) string {
	is := "the task is " + string(r.Status)
	switch r.Event {
	case task.Revoke:
		return is + ": only tasks that have not ended can be called off"
	case task.Reopen:
		return is + ": only tasks that have failed can be retried"
	case task.Redeliver:
		return is + ": its webhook is told when it ends"
	}
	return is + ": that does not allow this"
}
