// Package maintain clears up behind the server: jobs that have been over for long
// enough, and stored files that nothing refers to any more.
package maintain

import (
	"context"
	"log/slog"
	"time"

	"morag/internal/dispatch"
)

// Files is what clearing up needs to know of who uses what.
type Files interface {
	// SweepFiles removes stored files that nothing uses and tells how many; those of
	// failures are kept for the retention.
	SweepFiles(ctx context.Context, retention time.Duration) (int, error)
}

// Config is what a [Service] needs.
type Config struct {
	Dispatch  *dispatch.Service
	Needed    dispatch.Keeper // which jobs that are over a task still needs
	Files     Files
	Retention time.Duration // how long jobs are kept after their end
	Every     time.Duration // between two clean-ups
	Logger    *slog.Logger
}

// Service clears up, now and then and when asked. It is safe for concurrent use.
type Service struct{ Config }

// New makes a service; [Service.Run] runs it.
func New(c Config) *Service { return &Service{c} }

// Done is what a clean-up did.
type Done struct {
	Jobs  dispatch.Cleaned
	Files int
}

// Run clears up at start and then regularly until ctx ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(s.Every)
	defer ticker.Stop()
	for {
		if done, err := s.Clean(ctx, s.Retention); err != nil && ctx.Err() == nil {
			s.Logger.Error("clean up", "err", err)
		} else if done != (Done{}) {
			s.Logger.Info("cleaned up", "expired_jobs", done.Jobs.Expired, "removed_jobs", done.Jobs.Removed, "orphaned_files", done.Files)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Clean removes the jobs that have been over for longer than age, and the files that
// nothing refers to any more.
func (s *Service) Clean(ctx context.Context, age time.Duration) (Done, error) {
	jobs, err := s.Dispatch.Cleanup(ctx, age, s.Needed)
	if err != nil {
		return Done{Jobs: jobs}, err
	}
	files, err := s.Files.SweepFiles(ctx, s.Retention)
	return Done{Jobs: jobs, Files: files}, err
}
