package remote

import (
	"fmt"
	"slices"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// Policy is when and for how long remote workers are used.
type Policy struct {
	Enabled         bool
	Types           []string      // content types that are converted remotely
	FallbackTimeout time.Duration // without a worker: 300 s
	Jobs            job.Policy    // for the timeouts of the types
}

// withDefaults fills in what is not set.
func (p Policy) withDefaults() Policy {
	if p.FallbackTimeout == 0 {
		p.FallbackTimeout = 300 * time.Second
	}
	p.Jobs = p.Jobs.WithDefaults()
	return p
}

// refuses says why t, which asked for it, is not converted remotely; "" when it is.
func (p Policy) refuses(t *task.Task) string {
	switch {
	case !p.Enabled:
		return "remote conversion was asked for but is not enabled (MORAG_REMOTE_CONVERSION_ENABLED)"
	case !p.takes(t.Source.ContentType):
		return fmt.Sprintf("content type %s is not converted remotely (MORAG_REMOTE_CONTENT_TYPES)", t.Source.ContentType)
	case t.Options.Password != "":
		return "a password is never sent to a worker"
	}
	return ""
}

// leastTimeout is the least that all tries together may take when the client does not
// say: the wire contract, section 2.
const leastTimeout = 1800 * time.Second

// timeout is how long t waits for its remote job, all tries included.
func (p Policy) timeout(t *task.Task) time.Duration {
	if t.Options.RemoteTimeout > 0 {
		return time.Duration(t.Options.RemoteTimeout) * time.Second
	}
	return max(leastTimeout, p.Jobs.TimeoutFor(t.Source.ContentType))
}

// jobTimeout is the timeout of a job that t waits for, before which so many others of t are
// in the line: never longer than what is left of the task's.
func (p Policy) jobTimeout(t *task.Task, now time.Time, before int) time.Duration {
	return min(time.Duration(1+before)*p.Jobs.TimeoutFor(t.JobType()), max(t.Remote.Deadline.Sub(now), time.Second))
}

// takes tells whether sources of the type are converted remotely.
func (p Policy) takes(contentType string) bool { return slices.Contains(p.Types, contentType) }
