// Package remote is the seam of tasks and remote jobs, the only service that knows
// both: it asks for a job on behalf of a task, hears how that ended, gives it up when
// nobody comes for it, lets it be tried again, and finds what a crash between the two
// stores has left half done. What was decided is in the task's row and the job's
// record; it holds no state of its own but when it began.
package remote

import (
	"context"
	"log/slog"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
	"morag/internal/metrics"
	"morag/internal/task"
)

// Jobs is what is needed of remote jobs. Their errors are those of [job.Store].
type Jobs interface {
	Create(ctx context.Context, s job.Spec) (*job.Job, error)
	Get(ctx context.Context, id string) (*job.Job, error)
	ResultData(ctx context.Context, id string) ([]byte, error)
	Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*job.Job, string, error)
	Cancel(ctx context.Context, id, reason string) (*job.Job, error)
	Retry(ctx context.Context, id string) (*job.Job, error)
	Reassign(ctx context.Context, id, worker string) (*job.Job, error)
	// Available tells whether a worker of the type is there to wait for.
	Available(ctx context.Context, contentType string, within time.Duration) (bool, error)
	// UpSince is since when workers could ask a server for jobs, without a gap.
	UpSince(ctx context.Context) (time.Time, error)
	Estimate(contentType string, size int64) time.Duration
}

// Config is what [NewEnds] needs. Fields without a default named must be set.
type Config struct {
	Tasks task.Store
	Blobs blob.Store
	// References are told which of them the jobs of clients use.
	References blob.References
	Policy     Policy
	Now        func() time.Time // time.Now
	Logger     *slog.Logger     // slog.Default()
	Metrics    *metrics.Metrics // a registry of its own
}

// Service asks for remote jobs and looks after the tasks that wait for them. It is safe
// for concurrent use.
type Service struct {
	*Ends
	jobs  Jobs
	began time.Time
}

// New makes a service over the jobs whose ends are told to ends. [Service.Run] runs it.
func New(ends *Ends, jobs Jobs) *Service {
	return &Service{Ends: ends, jobs: jobs, began: ends.now()}
}
