package remote

import (
	"fmt"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// step is what is done about a task that waits for a remote job.
type step int

const (
	waitOn  step = iota // nothing: the job may still bring its result
	makeJob             // the job is not there: make it
	use                 // go on with its result
	giveUp              // it is over without one: go on without it
	callOff             // cancel it durably, then go on without it
)

// situation is all that decides about a waiting task.
type situation struct {
	task   *task.Task
	job    *job.Job // nil when there is none of that id
	now    time.Time
	worker bool      // one of the type is there to be waited for
	up     time.Time // since when a server was there to be asked for work
}

// decide says what is done and why, in words for the client.
func decide(s situation, fallback time.Duration) (step, string) {
	late := s.now.After(s.task.Remote.Deadline)
	if s.job == nil && !late {
		return makeJob, ""
	}
	if s.job != nil && s.job.Status == job.Completed {
		return use, ""
	}
	if s.job != nil && s.job.Status.Terminal() {
		return giveUp, ending(s.job)
	}
	if late {
		within := s.task.Remote.Deadline.Sub(s.task.Remote.Since)
		return callOff, fmt.Sprintf("no result within %d s", int(within.Seconds()))
	}
	if s.worker || s.task.Options.NoFallback || s.job.Status != job.Pending {
		return waitOn, ""
	}
	if s.now.Sub(pendingSince(s)) < fallback {
		return waitOn, ""
	}
	return callOff, fmt.Sprintf("no worker for %s was seen for %d s", s.task.JobType(), int(fallback.Seconds()))
}

// pendingSince is when a worker could first have come for the job: its return to
// pending, but not before a server was there to be asked. What lies ahead was written by
// a clock that was set back since.
func pendingSince(s situation) time.Time {
	since := s.job.CreatedAt
	if n := len(s.job.History); n > 0 {
		since = s.job.History[n-1].At
	}
	if since.Before(s.up) || since.After(s.now) {
		since = s.up
	}
	return since
}

// ending is how a job ended, in words for the client.
func ending(j *job.Job) string {
	if j.ErrorMessage != "" {
		return j.ErrorMessage
	}
	return "the remote job is " + string(j.Status)
}
