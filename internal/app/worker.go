package app

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"

	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/worker"
)

// WorkerConfig is what [NewWorker] needs.
type WorkerConfig struct {
	Settings config.Worker // validated
	Version  string
	Logger   *slog.Logger
}

// Worker converts for a server.
type Worker = worker.Worker

// NewWorker makes a worker; it does not connect.
func NewWorker(c WorkerConfig) (*Worker, error) {
	set := c.Settings
	api, err := client.New(client.Config{BaseURL: set.APIBaseURL, APIKey: set.APIKey, CAFile: set.CAFile, UserAgent: "morag-worker/" + c.Version})
	if err != nil {
		return nil, err
	}
	converters, err := NewConverters(set.Engines, c.Version)
	if err != nil {
		return nil, err
	}
	temp := spoolFolder(set.Engines.TempDir)
	return worker.New(worker.Config{
		ID: cmp.Or(set.WorkerID, worker.DefaultID(temp)), Server: set.APIBaseURL, ContentTypes: set.ContentTypes, PollInterval: set.PollInterval.Duration(),
		MaxJobs: set.MaxConcurrentJobs, TempDir: temp,
		Lease: set.Lease.Duration(), Wait: set.Wait.Duration(), Grace: set.Grace.Duration(), Log: c.Logger,
	}, api, converters)
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
