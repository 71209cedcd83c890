package app

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/systemd"
	"morag/internal/trace"
	"morag/internal/worker"
)

// WorkerConfig is what [NewWorker] needs.
type WorkerConfig struct {
	Settings config.Worker // validated
	Version  string
	Logger   *slog.Logger
	Tracer   *trace.Tracer // that of [ServerConfig]
	// Converter is that of [ServerConfig].
	Converter []string
}

// Worker converts for a server.
type Worker struct {
	*worker.Worker
	converters *Converters
	log        *slog.Logger
}

// Run works until ctx ends, as [worker.Worker.Run] does.
func (w *Worker) Run(ctx context.Context) error {
	defer w.converters.Close()
	w.converters.WarmUp()
	systemd.Ready(w.log)
	defer context.AfterFunc(ctx, func() { systemd.Stopping(w.log) })()
	return w.Worker.Run(ctx)
}

// NewWorker makes a worker; it does not connect.
func NewWorker(c WorkerConfig) (*Worker, error) {
	set := c.Settings
	api, err := client.New(client.Config{BaseURL: set.APIBaseURL, APIKey: set.APIKey, CAFile: set.CAFile, UserAgent: "morag-worker/" + c.Version})
	if err != nil {
		return nil, err
	}
	temp := spoolFolder(set.Engines.TempDir)
	converters, err := OpenConverters(ConverterConfig{
		Engines: set.Engines, Version: c.Version, Command: c.Converter, Dir: filepath.Dir(temp),
		Cache: filepath.Join(filepath.Dir(temp), "morag-cache"),
		Size:  set.MaxConcurrentJobs, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	log := c.Logger
	if log == nil {
		log = slog.Default()
	}
	types, err := convertible(set, converters, log)
	if err != nil {
		converters.Close()
		return nil, err
	}
	w, err := worker.New(worker.Config{
		ID: cmp.Or(set.WorkerID, worker.DefaultID(temp)), Server: set.APIBaseURL, ContentTypes: types, PollInterval: set.PollInterval.Duration(),
		MaxJobs: set.MaxConcurrentJobs, TempDir: temp,
		Lease: set.Lease.Duration(), Wait: set.Wait.Duration(), Grace: set.Grace.Duration(), Log: c.Logger, Tracer: c.Tracer,
	}, api, converters)
	if err != nil {
		converters.Close()
		return nil, err
	}
	return &Worker{w, converters, log}, nil
}

// spoolFolder is where a worker keeps downloads and results that are not delivered
// yet: in the folder that is set, else in the user's cache, which outlives a reboot
// and is nobody else's.
func spoolFolder(set string) string {
	if set == "" {
		set = os.TempDir()
		if cache, err := os.UserCacheDir(); err == nil {
			set = cache
		}
	}
	return filepath.Join(set, "morag-worker")
}
