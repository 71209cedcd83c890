// Package worker is the remote converter. It polls a server for jobs, downloads
// their sources, converts them, beats while it does, and reports the results; what
// it has in hand lies in a spool on disk, so that neither a server that is away nor
// its own death loses a finished result. One loop per file: poll.go, heartbeat.go,
// report.go; one stage of a job per file: download.go, convert.go, result.go;
// recover.go is its start and drain.go its end.
//
// It speaks to two kinds of server. One counts attempts and grants leases; there it
// beats and may release a job. The documented original answers a poll at once with
// four fields and knows neither heartbeat nor release; there it polls at intervals
// and only reports.
package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"morag/internal/client"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

// API is what a worker asks of a server. [client.Client] is one.
type API interface {
	Poll(ctx context.Context, p client.Poll) (wire.Poll, error)
	Download(ctx context.Context, d client.Download) (client.Downloaded, error)
	Heartbeat(ctx context.Context, id string, in wire.Heartbeat) (wire.HeartbeatAnswer, error)
	PutResult(ctx context.Context, id string, body io.ReaderAt, size int64) (wire.JobResultTaken, error)
	ReleaseJob(ctx context.Context, id string, in wire.JobChange) (wire.JobStatus, error)
	JobStatus(ctx context.Context, id string) (wire.JobStatus, error)
}

// Converter is what makes documents of sources. [convert.Registry] is one.
type Converter interface {
	Types() []string
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Why an attempt ends before it has a result: the causes of its context.
var (
	errCancelled = errors.New("the job was cancelled")
	errLost      = errors.New("the server gave the job to somebody else")
	errDraining  = errors.New("the worker is shutting down")
	errDeadline  = errors.New("the job's time is up")
	errGone      = errors.New("the server no longer has the source")
	errNoRoom    = errors.New("not enough free disk space")
)

// Worker converts jobs of one server. Make it with [New].
type Worker struct {
	cfg  Config
	api  API
	conv Converter
	log  *slog.Logger
	now  func() time.Time

	slots    slots         // one for each job that is downloaded or converted
	awaiting atomic.Int32  // recovered jobs that wait for a slot
	sending  chan struct{} // bounds the results on their way at a time
	disk     *disk
	spool    *spool // of Run

	work    context.Context // of everything in hand; outlives Run's by the grace
	endWork context.CancelCauseFunc
	hands   sync.WaitGroup // one for each attempt
	stopped chan struct{}
	stop    func()

	mu     sync.Mutex
	inHand map[string]*attempt // mu guards it; by job id
}

// New makes a worker. The error names the setting at fault.
func New(cfg Config, api API, conv Converter) (*Worker, error) {
	if err := cfg.check(conv.Types()); err != nil {
		return nil, err
	}
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	stopped := make(chan struct{})
	return &Worker{
		cfg:     cfg,
		api:     api,
		conv:    conv,
		log:     log.With("worker_id", cfg.ID),
		now:     time.Now,
		slots:   make(slots, cfg.MaxJobs),
		sending: make(chan struct{}, maxSending),
		disk:    newDisk(cfg.TempDir, cfg.FreeSpace),
		stopped: stopped,
		stop:    sync.OnceFunc(func() { close(stopped) }),
		inHand:  map[string]*attempt{},
	}, nil
}

// Run works until ctx ends. Then it drains: it takes no more jobs, gives those in
// hand Config.Grace to finish, releases what is not finished by then, and leaves
// results that the server did not take in the spool, for the next Run. It may be
// called once. It returns [ErrSpoolInUse] when another worker of the same id has the
// spool, an error when the spool cannot be used, and nil after a drain.
func (w *Worker) Run(ctx context.Context) error {
	sp, err := openSpool(w.cfg.TempDir, w.cfg.Server, w.cfg.ID, w.log)
	if err != nil {
		return err
	}
	defer sp.close()
	w.spool = sp
	w.work, w.endWork = context.WithCancelCause(context.WithoutCancel(ctx))
	defer w.endWork(errDraining)

	w.log.Info("worker started", "server", w.cfg.Server, "content_types", w.cfg.ContentTypes, "jobs", w.cfg.MaxJobs)
	w.recover(ctx)
	w.poll(ctx)
	w.drain()
	w.log.Info("worker stopped")
	return nil
}

// Stop ends a drain at once: engines are killed and jobs released, as far as two
// seconds allow. Before Run's context has ended it has no effect until then. It may
// be called at any time, from any goroutine, more than once.
func (w *Worker) Stop() { w.stop() }
