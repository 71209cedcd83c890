package main

import (
	"context"

	"morag/internal/app"
	"morag/internal/config"
)

type workerCmd struct {
	config.Worker
}

func (c *workerCmd) Run(ctx context.Context, std streams) error {
	if err := c.Validate(); err != nil {
		return usageError{err}
	}
	return app.RunWorker(ctx, app.WorkerConfig{Settings: c.Worker, Version: version, Logger: newLogger(std.err, c.Log)})
}
