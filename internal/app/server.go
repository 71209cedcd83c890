// Package app puts the parts together. It is the only place that names concrete
// adapters: settings become stores, stores become services, services become servers,
// in one straight line, and what was opened is closed in the opposite order.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"morag/internal/api"
	"morag/internal/auth"
	"morag/internal/blob/disk"
	"morag/internal/config"
	"morag/internal/dispatch"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/job/filestore"
	"morag/internal/maintain"
	"morag/internal/metrics"
	"morag/internal/remote"
	"morag/internal/search"
	"morag/internal/sqlite"
	"morag/internal/task/sqlitestore"
	"morag/internal/webhook"
)

// ServerConfig is what [NewServer] needs.
type ServerConfig struct {
	Settings config.Server // validated
	Version  string
	Logger   *slog.Logger
}

// SettingError is a setting that cannot work, as only what is stored shows.
type SettingError struct{ Err error }

func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap answers what is wrong.
func (e *SettingError) Unwrap() error { return e.Err }

// Server is a server that listens already.
type Server struct {
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	tls      *certificate // nil without
	keys     *auth.Keyring
	dispatch *dispatch.Service
	remote   *remote.Service
	ingest   *ingest.Service
	maintain *maintain.Service
	webhooks *webhook.Deliverer
	failed   []<-chan struct{} // closed when a store cannot go on
	cleanup  cleanup
}

// Times of the HTTP server: a header takes no honest client long, and an idle
// connection costs little.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 20 * time.Second
	cleanupEvery      = time.Hour
)

// NewServer opens what is stored, recovers it, and listens.
func NewServer(ctx context.Context, c ServerConfig) (_ *Server, err error) {
	s := &Server{log: c.Logger}
	defer func() {
		if err != nil {
			s.cleanup.run(s.log)
		}
	}()
	set, now, measure := c.Settings, time.Now, metrics.New()
	dir, err := filepath.Abs(set.DataDir)
	if err != nil {
		return nil, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	name, err := s.lockFolder(dir)
	if err != nil {
		return nil, err
	}
	converters, err := NewConverters(set.Engines, c.Version)
	if err != nil {
		return nil, err
	}
	guard, err := newGuard(set.Engines)
	if err != nil {
		return nil, err
	}
	policy := job.Policy{
		BackoffBase: set.RetryBackoff.Duration(), ConfirmTimeout: set.ClaimConfirmTimeout.Duration(), Timeouts: set.Timeouts(),
	}
	jobs, err := filestore.Open(filestore.Config{Dir: set.JobsDir(), Policy: policy, Now: now, Logger: s.log, Synced: measure.Synced})
	if err != nil {
		return nil, fmt.Errorf("open the job store %s: %w", set.JobsDir(), err)
	}
	s.cleanup.add("job store", jobs.Close)
	s.failed = append(s.failed, jobs.Failed())

	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, databaseFile), Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.cleanup.add("database", db.Close)
	s.failed = append(s.failed, db.Failed())

	keys, capabilities, err := s.openAuth(ctx, db, dir, now)
	if err != nil {
		return nil, err
	}
	s.keys = keys
	if !s.keys.On() {
		if err := set.LoopbackOnly(); err != nil {
			return nil, &SettingError{err}
		}
	}
	tasks, err := sqlitestore.New(ctx, db, now)
	if err != nil {
		return nil, fmt.Errorf("open the task store: %w", err)
	}
	embedder, err := newEmbedder(ctx, set.Embedding)
	if err != nil {
		return nil, err
	}
	model := embedder.Model()
	idx, err := indexsqlite.Open(ctx, indexsqlite.Config{DB: db, Model: model.Name, Dimension: model.Dimension, Now: now, Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	s.cleanup.add("index", idx.Close)
	uploads := filepath.Join(dir, "uploads")
	blobs, err := disk.Open(uploads)
	if err != nil {
		return nil, fmt.Errorf("open the upload folder: %w", err)
	}
	s.cleanup.add("uploads", blobs.Close)

	sources := &dispatch.Sources{Blobs: blobs, Dirs: append([]string{uploads}, set.SourceDirs...)}
	ends := remote.NewEnds(remote.Config{
		Tasks: tasks,
		Policy: remote.Policy{
			Enabled:         set.RemoteConversionEnabled,
			Types:           set.RemoteContentTypes,
			FallbackTimeout: set.RemoteFallbackTimeout.Duration(),
			Jobs:            policy,
		},
		Now:     now,
		Logger:  s.log,
		Metrics: measure,
	})
	s.dispatch, err = dispatch.New(ctx, dispatch.Config{
		Store:      jobs,
		Sources:    sources,
		Policy:     policy,
		Now:        now,
		Logger:     s.log,
		Metrics:    measure,
		MaxPending: set.MaxPendingJobs,
		Drains:     drainFile(filepath.Join(dir, "drained.json")),
		MayWork:    s.keys.MayWork,
		Ended:      ends.Ended,
	})
	if err != nil {
		return nil, fmt.Errorf("start the dispatcher: %w", err)
	}
	s.keys.OnChange(s.disown)
	s.disown(ctx)
	s.webhooks = webhook.New(webhook.Config{Tasks: tasks, Client: webhookClient(guard), Version: c.Version, Now: now, Logger: s.log, Metrics: measure})
	measure.WatchWebhooks(tasks.CountNotices)
	s.remote = remote.New(ends, s.dispatch)
	s.ingest = ingest.New(ingest.Config{
		Tasks: tasks, Index: idx, Blobs: blobs, Jobs: s.dispatch, Converter: converters, Embedder: embedder, DB: db,
		NoSpace: func(err error) bool { return errors.Is(err, sqlite.ErrNoSpace) },
		Runner:  name, Runners: set.Runners, MaxQueued: set.MaxQueuedTasks, KeepSources: set.KeepSources, Now: now, Logger: s.log, Metrics: measure, Ended: s.webhooks.Wake,
		Remote: s.remote,
	})
	measure.WatchJobs(jobs.Stats, now)
	s.maintain = maintain.New(maintain.Config{
		Dispatch: s.dispatch, Needed: s.remote.Needed, Files: s.ingest, Retention: set.Retention.Duration(), Every: cleanupEvery, Logger: s.log,
	})
	handler := api.New(api.Config{
		Dispatch: s.dispatch, Ingest: s.ingest, Remote: s.remote, Search: search.New(search.Config{Index: idx, Embedder: embedder, Logger: s.log}),
		Webhooks: s.webhooks, Metrics: measure.Handler(), Maintenance: s.maintain, Index: idx, Blobs: blobs, Keys: s.keys, Capabilities: capabilities, Version: c.Version,
		MaxUploadSize: int64(set.MaxUploadSize), MaxResultSize: int64(set.MaxResultSize), MaxUploads: set.MaxUploads, RateLimit: set.RateLimit, Outbound: guard, AnyHost: set.Insecure, CORSOrigins: set.CORSOrigins,
		Ready: map[string]func(context.Context) error{
			"jobs":  func(context.Context) error { return jobs.Health() },
			"index": func(context.Context) error { return idx.Ready() },
		},
		Now: now, Logger: s.log,
	})
	if set.TLSCert != "" {
		if s.tls, err = openCertificate(set.TLSCert, set.TLSKey, s.log); err != nil {
			return nil, &SettingError{err}
		}
	}
	s.listener, err = listen(set.Addr, set.MaxConnections)
	if err != nil {
		return nil, fmt.Errorf("MORAG_ADDR: %w", err)
	}
	s.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.log.Info("listening", "addr", s.URL(), "version", c.Version, "data", dir, "embedder", model.Name)
	return s, nil
}

// Addr is the host and port that is listened on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is the server's address.
func (s *Server) URL() string {
	if s.tls != nil {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// serve answers requests until the HTTP server is shut down.
func (s *Server) serve() error {
	if s.tls == nil {
		return s.http.Serve(s.listener)
	}
	s.http.TLSConfig = &tls.Config{GetCertificate: s.tls.get}
	return s.http.ServeTLS(s.listener, "", "")
}

// Run serves until ctx ends or a store cannot go on, then lets requests finish,
// puts tasks back in their place and closes everything.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var running sync.WaitGroup
	errs := make(chan error, 4)
	running.Go(func() { s.keys.Run(work) })
	running.Go(func() { s.dispatch.Run(work) })
	running.Go(func() { s.remote.Run(work) })
	running.Go(func() { s.maintain.Run(work) })
	running.Go(func() { s.webhooks.Run(work) })
	running.Go(func() {
		if err := s.ingest.Run(work); err != nil && work.Err() == nil {
			errs <- fmt.Errorf("run tasks: %w", err)
		}
	})
	go func() {
		if err := s.serve(); !errors.Is(err, http.ErrServerClosed) {
			errs <- fmt.Errorf("serve: %w", err)
		}
	}()
	for _, failed := range s.failed {
		go func() {
			select {
			case <-failed:
				errs <- errors.New("a store cannot go on: restart the server to recover it")
			case <-work.Done():
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("stopping")
	case err = <-errs:
		s.log.Error("stopping", "err", err)
	}
	s.dispatch.Stop() // long polls answer, so that they do not hold up the shutdown
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if shut := s.http.Shutdown(patience); shut != nil {
		s.log.Warn("some requests were cut off", "err", shut)
		_ = s.http.Close() // the connections that were left
	}
	stopWork()
	running.Wait()
	return err
}

// Close lets go of everything; after Run it does nothing.
func (s *Server) Close() {
	_ = s.listener.Close() // Shutdown has closed it already, as a rule
	s.cleanup.run(s.log)
}

// WriteAddr writes addr to a file that appears whole.
func WriteAddr(path, addr string) error {
	next := path + ".tmp"
	if err := os.WriteFile(next, []byte(addr+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
