// Package maintain clears up behind the servers: jobs that have been over for long
// enough, stored files that nothing refers to any more, ends that nobody has heard. Each
// duty is one file here, done in pages, and may be done twice without harm; of several
// servers the one that holds its lease does it.
package maintain

import (
	"context"
	"log/slog"
	"time"

	"morag/internal/dispatch"
	"morag/internal/job"
)

// Jobs are the jobs that are cleared up.
type Jobs interface {
	// ExpireAll ends the jobs whose time has run out and tells how many.
	ExpireAll(ctx context.Context) (int, error)
	// CleanPage removes those of a page that have been over for longer than age and are
	// not kept.
	CleanPage(ctx context.Context, age time.Duration, cursor string, keep dispatch.Keeper) (removed int, next string, err error)
}

// Tasks are the tasks that jobs are for.
type Tasks interface {
	// Needed tells which jobs that are over a task still needs.
	Needed(ctx context.Context, jobs []*job.Job) (needed map[string]bool, err error)
	// TellEnds tells a page of ends again that nobody has heard.
	TellEnds(ctx context.Context, cursor string) (next string, more bool, err error)
}

// Secrets are those that ended tasks keep.
type Secrets interface {
	// ForgetSecrets removes the secrets of tasks that have ended longer than age ago, as
	// many as make a page, and tells whether there may be more.
	ForgetSecrets(ctx context.Context, age time.Duration) (forgotten int, more bool, err error)
}

// Files is what clearing up needs to know of stored files.
type Files interface {
	// Sweep removes the stored files that nothing uses and tells how many. After about
	// the time that it is given it stops, and more tells that the next one goes on.
	Sweep(ctx context.Context, atMost time.Duration) (removed int, more bool, err error)
}

// Uploads are those that come in pieces.
type Uploads interface {
	// Expire removes those that nothing was added to for long enough and tells how many.
	Expire(ctx context.Context) (removed int, err error)
}

// Config is what a [Service] needs. Fields without a default named must be set.
type Config struct {
	Leases Leases
	// Holder names this server; no other living one has the name.
	Holder    string
	Jobs      Jobs
	Tasks     Tasks
	Secrets   Secrets
	Files     Files
	Uploads   Uploads          // nil for none
	Retention time.Duration    // how long jobs, and the secrets of failures, are kept after their end
	Every     time.Duration    // between two clean-ups: an hour
	Now       func() time.Time // time.Now
	Logger    *slog.Logger     // slog.Default()
}

// Service clears up, now and then and when asked. It is safe for concurrent use.
type Service struct {
	leases    Leases
	holder    string
	jobs      Jobs
	tasks     Tasks
	secrets   Secrets
	files     Files
	uploads   Uploads
	retention time.Duration
	every     time.Duration
	now       func() time.Time
	log       *slog.Logger
}

// New makes a service; [Service.Run] runs it.
func New(c Config) *Service {
	s := &Service{
		leases: c.Leases, holder: c.Holder, jobs: c.Jobs, tasks: c.Tasks, secrets: c.Secrets, files: c.Files, uploads: c.Uploads,
		retention: c.Retention, every: c.Every, now: c.Now, log: c.Logger,
	}
	if s.every == 0 {
		s.every = time.Hour
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Done is what a clean-up did.
type Done struct {
	Expired int // jobs whose time had run out
	Removed int // jobs that were over for long enough
	Files   int // files that nothing referred to
	More    bool
}

// cleanTime is how long a call cleans up before it tells what it has done so far.
const cleanTime = 4 * time.Second

// Clean does at once, whoever holds the leases, what is done regularly: it removes the
// jobs that have been over for longer than age, the retention's if age is negative, and
// the files that nothing refers to any more. What takes longer than a caller likes to wait
// it leaves for the next call, and says so. With an error it tells what was done before.
func (s *Service) Clean(ctx context.Context, age time.Duration) (done Done, err error) {
	if age < 0 {
		age = s.retention
	}
	begun := s.now()
	if done.Expired, err = s.jobs.ExpireAll(ctx); err != nil {
		return done, err
	}
	for cursor := ""; ; {
		removed, next, err := s.jobs.CleanPage(ctx, age, cursor, s.tasks.Needed)
		if done.Removed += removed; err != nil {
			return done, err
		}
		if cursor = next; cursor == "" {
			break
		}
		if s.now().Sub(begun) >= cleanTime {
			done.More = true
			return done, nil
		}
	}
	done.Files, done.More, err = s.files.Sweep(ctx, cleanTime-s.now().Sub(begun))
	return done, err
}
