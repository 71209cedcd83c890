package config

import (
	"fmt"
	"strings"

	"morag/internal/content"
)

// Worker holds the settings of `morag worker`.
type Worker struct {
	WorkerID          string   `name:"worker-id" env:"MORAG_WORKER_ID" help:"Name of this worker (default: from the host's name)."`
	APIBaseURL        string   `name:"api-base-url" aliases:"server" env:"MORAG_API_BASE_URL" default:"http://localhost:8000" help:"Address of the server."`
	APIKey            string   `name:"api-key" env:"MORAG_API_KEY" help:"Key for the server."`
	CAFile            string   `name:"ca-file" env:"MORAG_CA_FILE" placeholder:"FILE" help:"Certificates (PEM) to trust besides the system's, for a server that made its own."`
	ContentTypes      []string `name:"content-types" env:"MORAG_WORKER_CONTENT_TYPES" default:"audio,video" help:"Content types this worker converts."`
	PollInterval      Seconds  `name:"poll-interval" env:"MORAG_WORKER_POLL_INTERVAL" default:"10" help:"Seconds between polls of a server that does not let polls wait."`
	MaxConcurrentJobs int      `name:"max-concurrent-jobs" env:"MORAG_WORKER_MAX_CONCURRENT_JOBS" default:"2" help:"Jobs converted at a time."`
	Lease             Seconds  `name:"lease" env:"MORAG_WORKER_LEASE" default:"60" help:"Seconds of silence after which the server gives a job to another worker."`
	Wait              Seconds  `name:"wait" env:"MORAG_WORKER_WAIT" default:"30" help:"Seconds a poll waits at the server."`
	Grace             Seconds  `name:"grace" env:"MORAG_WORKER_GRACE" default:"30" help:"Seconds that jobs in hand get to finish after SIGTERM."`

	Force bool `name:"force" env:"MORAG_WORKER_FORCE" help:"Ask also for types whose engines are missing here."`

	Engines Engines `embed:""`
	Log     Log     `embed:""`
}

// Validate refuses a value that cannot work, naming the setting.
func (w *Worker) Validate() error {
	if w.MaxConcurrentJobs < 1 || w.MaxConcurrentJobs > 256 {
		return fmt.Errorf("MORAG_WORKER_MAX_CONCURRENT_JOBS must be from 1 to 256, not %d", w.MaxConcurrentJobs)
	}
	if len(w.WorkerID) > 128 {
		return fmt.Errorf("MORAG_WORKER_ID must have at most 128 characters")
	}
	if len(w.ContentTypes) == 0 {
		return fmt.Errorf("MORAG_WORKER_CONTENT_TYPES names no content type")
	}
	for i, t := range w.ContentTypes {
		normal, err := content.Normalize(strings.TrimSpace(t))
		if err != nil {
			return fmt.Errorf("MORAG_WORKER_CONTENT_TYPES: %w", err)
		}
		w.ContentTypes[i] = normal
	}
	if w.PollInterval <= 0 {
		return fmt.Errorf("MORAG_WORKER_POLL_INTERVAL must be more than 0")
	}
	if err := w.Engines.Validate(); err != nil {
		return err
	}
	return validURLs(map[string]string{"MORAG_API_BASE_URL": w.APIBaseURL})
}
