package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

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
	converter, err := converterCommand()
	if err != nil {
		return err
	}
	log := newLogger(std.err, c.Log)
	tracer, traced, err := openTracer(ctx, "worker", log)
	if err != nil {
		return err
	}
	defer traced()
	w, err := app.NewWorker(app.WorkerConfig{Settings: c.Worker, Version: version, Logger: log, Converter: converter, Tracer: tracer})
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go stopOnSecondSignal(ctx, ended, w)
	return w.Run(ctx)
}

// stopOnSecondSignal hurries a drain: whoever asks twice does not want to wait for
// the jobs in hand.
func stopOnSecondSignal(ctx context.Context, ended <-chan struct{}, w *app.Worker) {
	select {
	case <-ctx.Done():
	case <-ended:
		return
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	select {
	case <-again:
		w.Stop()
	case <-ended:
	}
}
