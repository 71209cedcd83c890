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
	"sync"
	"time"

	"morag/internal/api"
	"morag/internal/auth"
	"morag/internal/backup"
	"morag/internal/config"
	"morag/internal/dashboard"
	"morag/internal/dispatch"
	"morag/internal/ingest"
	"morag/internal/maintain"
	"morag/internal/metrics"
	"morag/internal/reindex"
	"morag/internal/remote"
	"morag/internal/space"
	"morag/internal/systemd"
	"morag/internal/trace"
	"morag/internal/webhook"
)

// ServerConfig is what [NewServer] needs.
type ServerConfig struct {
	Settings config.Server // validated
	// InForce tells people of the settings, and where each comes from; nil for nothing.
	InForce []config.Setting
	Version string
	Logger  *slog.Logger
	// Tracer tells of requests and what becomes of them; nil tells nobody.
	Tracer *trace.Tracer
	// Around is put around the handler of all requests; nil for nothing.
	Around func(http.Handler) http.Handler
	// Converter is the command that calls [ServeConversions]; without one, which is for
	// tests, conversions run in this process.
	Converter []string
	// Settled is called once a server that runs has answered who has waited for its start;
	// nil for nothing.
	Settled func()
}

// SettingError is a setting that cannot work, as only what is stored shows.
type SettingError struct{ Err error }

func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *SettingError) Unwrap() error { return e.Err }

// Server is a server that listens already.
type Server struct {
	name       string
	set        config.Server
	log        *slog.Logger
	listener   net.Listener
	http       *http.Server
	tls        *certificate // nil without
	keys       *auth.Keyring
	sessions   *auth.Sessions
	dispatch   *dispatch.Service
	remote     *remote.Service
	ingest     *ingest.Service
	maintain   *maintain.Service
	reindex    *reindex.Service
	backup     *backup.Service
	room       *space.Guard
	webhooks   *webhook.Deliverer
	stores     *stores
	metrics    *metrics.Metrics
	converters *Converters
	api        *api.Server
	dashboard  *dashboard.Dashboard
	settled    func()
	cleanup    cleanup
}

// Times of the HTTP server: a header takes no honest client long, and an idle
// connection costs little.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 20 * time.Second
)

// settleTime is how long a server that has started answers who has waited for it before it
// takes the machine for what can wait.
const settleTime = 200 * time.Millisecond

// NewServer opens what is stored, recovers it, and listens.
func NewServer(ctx context.Context, c ServerConfig) (*Server, error) {
	measure := metrics.New()
	stores, err := openStores(ctx, c.Settings, measure, c.Logger)
	if err != nil {
		return nil, err
	}
	c.Logger = stores.log
	s, err := newServer(ctx, c, stores, stores.name, measure)
	if err != nil {
		stores.close()
		return nil, err
	}
	s.cleanup.add("stores", func() error { stores.close(); return nil })
	return s, nil
}

// newServer makes a server over stores that are open, which it does not close. No other
// living server may have its name.
func newServer(ctx context.Context, c ServerConfig, stores *stores, name string, measure *metrics.Metrics) (_ *Server, err error) {
	s := &Server{name: name, set: c.Settings, log: c.Logger, stores: stores, metrics: measure, settled: c.Settled}
	if s.settled == nil {
		s.settled = func() {}
	}
	defer func() {
		if err != nil {
			s.cleanup.run(s.log)
		}
	}()
	handler, err := s.startServices(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.Around != nil {
		handler = c.Around(handler)
	}
	if !s.does("api") {
		handler = onlyHealth(handler)
	}
	if s.dashboard, err = s.newDashboard(c, handler); err != nil {
		return nil, err
	}
	set := c.Settings
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
		Handler:           s.metrics.Requests(c.Tracer.Requests(s.dashboard)),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.log.Info("listening", "addr", s.URL(), "version", c.Version, "data", stores.dir, "embedder", stores.embedder.Model().Name)
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
	go func() {
		if err := s.serve(); !errors.Is(err, http.ErrServerClosed) {
			errs <- fmt.Errorf("serve: %w", err)
		}
	}()
	running.Go(func() { s.keys.Run(work) })
	running.Go(func() { s.dispatch.Run(work) })
	if s.does("maintain") {
		running.Go(func() { s.webhooks.Run(work) })
	}
	running.Go(func() { s.api.Run(work) })
	running.Go(func() { s.dashboard.Run(work) })
	running.Go(func() {
		if err := s.runTasks(work); err != nil && work.Err() == nil {
			errs <- fmt.Errorf("run tasks: %w", err)
		}
	})
	running.Go(func() { s.upkeep(work) })
	running.Go(func() { returnSurplus(work) })
	systemd.Ready(s.log)
	running.Go(func() { systemd.Watch(work, s.log, s.alive) })
	for _, failed := range s.stores.failed {
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
	systemd.Stopping(s.log)
	s.dispatch.Stop() // long polls and streams end, so that they do not hold up the shutdown
	s.ingest.StopWatches()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	s.api.Stop(limited)
	if shut := s.http.Shutdown(limited); shut != nil {
		s.log.Warn("some requests were cut off", "err", shut)
		_ = s.http.Close() // the connections that were left
	}
	stopWork()
	running.Wait()
	return err
}

// upkeep does what can wait until those who have waited for the start were answered.
func (s *Server) upkeep(ctx context.Context) {
	select {
	case <-time.After(settleTime):
	case <-ctx.Done():
		return
	}
	s.settled()
	s.converters.WarmUp()
	if !s.does("maintain") {
		return
	}
	var running sync.WaitGroup
	running.Go(func() { s.remote.Run(ctx) })
	running.Go(func() { s.maintain.Run(ctx) })
	running.Go(func() { s.reindex.Run(ctx) })
	running.Wait()
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
