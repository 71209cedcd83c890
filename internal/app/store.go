package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/blob/disk"
	"morag/internal/blob/s3"
	"morag/internal/config"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/fleet"
	"morag/internal/index"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/maintain"
	"morag/internal/metrics"
	"morag/internal/postgres"
	"morag/internal/seal"
	"morag/internal/sqlite"
	"morag/internal/tus"
)

// stores are what a server keeps everything in: the services over them hold nothing that
// decides.
type stores struct {
	dir        string       // the data folder
	name       string       // of the folder
	files      string       // the folder that has the uploads: the data folder, or one that is shared
	bucket     *s3.Store    // that has them, nil when a folder does
	shared     bool         // other servers have the same stores
	shares     *postgres.DB // that has them, nil when they are its own
	log        *slog.Logger
	now        func() time.Time
	policy     job.Policy
	jobs       job.Store
	health     func(context.Context) error // of the jobs
	db         transactor
	embedded   *sqlite.DB // it, nil when servers share one
	sealer     *seal.Key
	auth       keeper
	tasks      *ingest.Referring
	duties     maintain.Leases
	fleet      fleet.Store
	index      index.Index
	reindexer  index.Reindexer // the index
	documents  *document.Referring
	embedder   embed.Embedder // of the settings
	used       embed.Embedder // of the vectors that are searched
	blobs      *blob.Tracked
	references references
	resumable  *tus.Folder
	failed     []<-chan struct{} // closed when a store cannot go on
	cleanup    cleanup
}

// keeper keeps what says who a caller is.
type keeper interface {
	auth.Store
	auth.SessionStore
	auth.Secrets
}

// references are those of blobs.
type references interface {
	blob.References
	Any(ctx context.Context) (bool, error)
}

// transactor runs transactions of the database for services, which know the sentinels
// of ports.
type transactor interface {
	Write(ctx context.Context, fn func(ctx context.Context) error) error
}

// openStores opens and recovers what is kept. On an error nothing stays open.
func openStores(ctx context.Context, set config.Server, measure *metrics.Metrics, log *slog.Logger) (_ *stores, err error) {
	dir, err := filepath.Abs(set.DataDir)
	if err != nil {
		return nil, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	s := &stores{dir: dir, files: dir, shared: set.Shared(), log: log, now: time.Now, policy: jobPolicy(set)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.name, err = s.lockFolder(); err != nil {
		return nil, err
	}
	if s.shared {
		err = s.openShared(ctx, set)
	} else {
		err = s.openEmbedded(ctx, set, measure)
	}
	if err != nil {
		return nil, err
	}
	return s, s.openBlobs(ctx)
}

// close lets go of everything; a second time it does nothing.
func (s *stores) close() { s.cleanup.run(s.log) }

// jobPolicy is what the settings say of the lifecycle of jobs.
func jobPolicy(set config.Server) job.Policy {
	return job.Policy{
		BackoffBase:    set.RetryBackoff.Duration(),
		ConfirmTimeout: set.ClaimConfirmTimeout.Duration(),
		Timeouts:       set.Timeouts(),
	}
}

func (s *stores) openEmbedder(ctx context.Context, set config.Server) (err error) {
	if s.embedder, err = newEmbedder(ctx, set.Embedding, set.DataDir); err != nil {
		return err
	}
	s.cleanup.add("embedder", func() error { return closeEmbedder(s.embedder) })
	s.used = s.embedder
	return nil
}

// exchangeable is an index whose model can be exchanged.
type exchangeable interface {
	index.Index
	index.Reindexer
}

// useIndex has questions embedded by the model that the index is searched by.
func (s *stores) useIndex(ctx context.Context, set config.Server, found exchangeable) {
	s.index, s.reindexer = found, found
	model, former := s.embedder.Model(), s.embedder
	if used := embed.Model(found.Model()); used != model {
		was := formerEmbedder(ctx, set.Embedding, set.DataDir, used)
		s.cleanup.add("former embedder", func() error { return closeEmbedder(was) })
		former = was
	}
	s.used = embed.Selected(func() embed.Embedder {
		if embed.Model(found.Model()) == model {
			return s.embedder
		}
		return former
	})
}

// uploads is the folder of the blobs.
func (s *stores) uploads() string { return filepath.Join(s.files, "uploads") }

func (s *stores) openBlobs(ctx context.Context) error {
	bucket, err := s.openUploads(ctx)
	if err != nil {
		return err
	}
	if s.resumable, err = tus.Open(filepath.Join(s.dir, "resumable"), time.Now); err != nil {
		return err
	}
	s.blobs = blob.Track(bucket, s.references, s.now, s.log)
	if err := s.tasks.Adopt(ctx, s.documents, s.now()); err != nil {
		return fmt.Errorf("refer to the files that are there: %w", err)
	}
	return nil
}

// openUploads opens what has the bytes of the blobs.
func (s *stores) openUploads(ctx context.Context) (blob.Bucket, error) {
	if s.bucket != nil {
		return s.bucket, nil
	}
	if err := s.checkUploads(ctx); err != nil {
		return nil, err
	}
	folder, err := disk.Open(s.uploads())
	if err != nil {
		return nil, fmt.Errorf("open the upload folder: %w", err)
	}
	s.cleanup.add("uploads", folder.Close)
	return folder, nil
}

// checkUploads refuses a folder without any file although there are some: a disk that is not
// mounted. Opened, it would look as if all of them were lost.
func (s *stores) checkUploads(ctx context.Context) error {
	empty, err := disk.Empty(s.uploads())
	if err != nil || !empty {
		return err
	}
	if used, err := s.references.Any(ctx); err != nil || !used {
		return err
	}
	return fmt.Errorf("%s is empty, but documents or tasks have files there: is its disk mounted? "+
		"To go on without the files, make a folder incoming in it", s.uploads())
}
