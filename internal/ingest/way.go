package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/task"
)

// ErrNotRemote: the source may only be converted remotely, and would not be. The error that
// wraps it is a sentence for the client.
var ErrNotRemote = errors.New("remote=only")

// choose tells at once when r, which asks for a worker, will be converted by the server, and
// refuses it when that is not wanted.
func (s *Service) choose(r *Request) error {
	if r.Options.RemoteOnly {
		r.Options.Remote, r.Options.NoFallback = true, true
	}
	if !r.Options.Remote {
		return nil
	}
	why := s.remote.Refuses(&task.Task{Source: r.Source, Options: r.Options})
	switch {
	case why == "":
	case r.Options.RemoteOnly:
		return fmt.Errorf("%w: %s", ErrNotRemote, why)
	default:
		r.warn(hereInstead(why))
	}
	return nil
}

// hereInstead is the warning that a source is not converted remotely.
func hereInstead(why string) string { return why + ": converted locally" }

// Plan is what will be done with a task that has just been submitted.
type Plan struct {
	Remote bool          // a worker is asked to convert
	Note   string        // what may keep it from being done so, "" for nothing
	Takes  time.Duration // the whole task, as expected
}

// Plan tells what will be done with t, which is not what was asked for where that cannot be.
func (s *Service) Plan(ctx context.Context, t *task.Task) Plan {
	p := Plan{Remote: t.Options.Remote && s.remote.Refuses(t) == ""}
	p.Takes = s.estimate(t.Source, p.Remote)
	switch {
	case t.DuplicateOf != "":
		p.Takes, p.Note = 0, fmt.Sprintf("the same content is document %s already", t.DuplicateOf)
	case p.Remote:
		p.Note = s.remote.Alone(ctx, t)
	}
	return p
}
