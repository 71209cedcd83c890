package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"morag/internal/api"
	"morag/internal/ask"
	"morag/internal/auth"
	"morag/internal/config"
	"morag/internal/dispatch"
	"morag/internal/ingest"
	"morag/internal/library"
	"morag/internal/maintain"
	"morag/internal/mcp"
	"morag/internal/outbound"
	"morag/internal/reindex"
	"morag/internal/remote"
	"morag/internal/search"
	"morag/internal/trace"
	"morag/internal/webhook"
)

// startServices makes the services over the stores, each from those before it, and the
// handler that they answer by.
func (s *Server) startServices(ctx context.Context, c ServerConfig) (http.Handler, error) {
	set := c.Settings
	var err error
	if s.converters, err = s.openConverters(c); err != nil {
		return nil, err
	}
	guard, err := newGuard(set.Engines)
	if err != nil {
		return nil, err
	}
	capabilities, err := s.openAuth(ctx, set)
	if err != nil {
		return nil, err
	}
	ends := s.newEnds(set)
	if err := s.startDispatch(ctx, c, ends); err != nil {
		return nil, err
	}
	s.remote = remote.New(ends, s.dispatch)
	s.webhooks = webhook.New(webhook.Config{
		Tasks:   s.stores.tasks,
		Name:    s.name,
		Client:  webhookClient(guard),
		Resolve: guard.Resolve,
		Version: c.Version,
		Now:     s.stores.now,
		Logger:  s.log,
		Metrics: s.metrics,
		Tracer:  c.Tracer,
	})
	s.ingest = s.newIngest(set, c.Tracer)
	s.maintain = maintain.New(maintain.Config{
		Leases:    s.stores.duties,
		Holder:    s.name,
		Jobs:      s.dispatch,
		Tasks:     s.remote,
		Secrets:   s.ingest,
		Files:     s.stores.blobs,
		Uploads:   s.stores.resumable,
		Retention: set.Retention.Duration(),
		Now:       s.stores.now,
		Logger:    s.log,
	})
	s.metrics.WatchTasks(s.stores.tasks.Backlog)
	s.metrics.WatchJobs(s.stores.jobs.Stats, s.stores.now)
	s.metrics.WatchWorkers(s.dispatch.CountWorkers)
	s.watchMachine(c.Version)
	s.watchDatabase()
	s.reindex = reindex.New(reindex.Config{
		Index: s.stores.reindexer, Embedder: s.stores.embedder, AtOnce: set.Embedding.Reindex, Turn: s.stores.turn("reindex"), Logger: s.log, Now: s.stores.now,
	})
	s.metrics.WatchReindexing(s.reindex.Left)
	s.room = s.watchDisks(set)
	if s.backup, err = s.openBackup(c.Version); err != nil {
		return nil, err
	}
	s.api = s.newAPI(c, capabilities, guard)
	return s.api, nil
}

// openAuth reads the keys that the server asks for, and the secret of its download
// tokens.
func (s *Server) openAuth(ctx context.Context, set config.Server) (*auth.Capabilities, error) {
	keys, err := auth.NewKeyring(ctx, auth.KeyringConfig{Store: s.stores.auth, Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	s.keys = keys
	s.sessions = auth.NewSessions(s.stores.auth, keys, s.stores.now)
	if !keys.On() {
		if err := cmp.Or(set.LoopbackOnly(), set.NamedOrigins()); err != nil {
			return nil, &SettingError{err}
		}
	}
	return auth.OpenCapabilities(ctx, s.stores.auth, filepath.Join(s.stores.dir, "download.key"), s.stores.now)
}

func (s *Server) newEnds(set config.Server) *remote.Ends {
	return remote.NewEnds(remote.Config{
		Tasks:      s.stores.tasks,
		Blobs:      s.stores.blobs,
		References: s.stores.references,
		Policy: remote.Policy{
			Enabled:         set.RemoteConversionEnabled,
			Types:           set.RemoteContentTypes,
			FallbackTimeout: set.RemoteFallbackTimeout.Duration(),
			Jobs:            s.stores.policy,
		},
		Now:     s.stores.now,
		Logger:  s.log,
		Metrics: s.metrics,
	})
}

func (s *Server) startDispatch(ctx context.Context, c ServerConfig, ends *remote.Ends) (err error) {
	set := c.Settings
	s.dispatch, err = dispatch.New(ctx, dispatch.Config{
		Store: s.stores.jobs,
		Sources: &dispatch.Sources{
			Blobs: s.stores.blobs,
			Dirs:  append([]string{s.stores.uploads()}, set.SourceDirs...),
			// One server sees what it has; where several hand out its jobs, the operator says
			// whether the others do, too.
			Copied: !set.SharedSources,
		},
		Policy:     s.stores.policy,
		Now:        s.stores.now,
		Logger:     s.log,
		Metrics:    s.metrics,
		Tracer:     c.Tracer,
		MaxPending: set.MaxPendingJobs,
		Fleet:      s.stores.fleet,
		Server:     s.name,
		Shared:     s.stores.shared,
		Sealer:     s.stores.sealer,
		MayWork:    s.keys.MayWork,
		WorkerOf:   s.keys.WorkerOf,
		Ended:      ends.Ended,
	})
	if err != nil {
		return fmt.Errorf("start the dispatcher: %w", err)
	}
	s.keys.OnChange(s.disown)
	s.disown(ctx)
	return nil
}

func (s *Server) newIngest(set config.Server, tracer *trace.Tracer) *ingest.Service {
	return ingest.New(ingest.Config{
		Tasks:       s.stores.tasks,
		Index:       s.stores.index,
		Documents:   s.stores.documents,
		Blobs:       s.stores.blobs,
		References:  s.stores.references,
		Remote:      s.remote,
		Converter:   s.converters,
		Cutter:      s.converters,
		SplitAfter:  set.Split.SplitAfter.Duration(),
		Embedder:    s.stores.used,
		DB:          s.stores.db,
		Runner:      s.name,
		Runners:     s.runners(),
		MaxQueued:   set.MaxQueuedTasks,
		KeepSources: set.KeepSources,
		Now:         s.stores.now,
		Logger:      s.log,
		Metrics:     s.metrics,
		Tracer:      tracer,
	})
}

func (s *Server) newAPI(c ServerConfig, capabilities *auth.Capabilities, guard *outbound.Guard) *api.Server {
	set := c.Settings
	finder := search.New(withReranker(search.Config{
		Index:     s.stores.index,
		Documents: s.stores.documents,
		Embedder:  s.stores.used,
		Lexical:   lexical,
		Logger:    s.log,
	}, set.Rerank))
	agents := mcp.NewHandler(c.Version)
	server := api.New(api.Config{
		Agents:      agents,
		Dispatch:    s.dispatch,
		Ingest:      s.ingest,
		Remote:      s.remote,
		Search:      finder,
		Ask:         ask.New(ask.Config{Search: finder, Chat: newChat(set.Chat), Logger: s.log}),
		Webhooks:    s.webhooks,
		Maintenance: s.maintain,
		Reindex:     s.reindex,
		Backup:      s.backup,
		Library: library.New(library.Config{
			Documents: s.stores.documents,
			Chunks:    s.stores.index,
			Blobs:     s.stores.blobs,
			DB:        s.stores.db,
			Meter:     s.converters.Meter,
			Logger:    s.log,
		}),
		Blobs:         s.stores.blobs,
		Uploads:       s.stores.resumable,
		Keys:          s.keys,
		Sessions:      s.sessions,
		Capabilities:  capabilities,
		Metrics:       s.metrics.Handler(s.log),
		Version:       c.Version,
		MaxUploadSize: int64(set.MaxUploadSize),
		MaxResultSize: int64(set.MaxResultSize),
		MaxUploads:    set.MaxUploads,
		RateLimit:     set.RateLimit,
		Outbound:      guard,
		AnyHost:       set.Insecure,
		CORSOrigins:   set.CORSOrigins,
		Ready: map[string]func(context.Context) error{
			"database": s.stores.databaseReady,
			"jobs":     s.stores.health,
			"index":    func(context.Context) error { return s.stores.index.Ready() },
		},
		Told: map[string]func(context.Context) error{
			"files": s.stores.filesReady,
			"disk":  func(context.Context) error { return s.room.Check(0) },
		},
		Room:   s.room.Check,
		Now:    time.Now, // deadlines of connections are the machine's
		Logger: s.log,
	})
	agents.API = server
	return server
}
