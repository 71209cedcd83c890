package main

import (
	"context"
	"log/slog"
	"time"

	"morag/internal/trace"
)

// lastSpans is how long a process that ends may take to send what it has to tell.
const lastSpans = 5 * time.Second

// openTracer makes what OpenTelemetry's variables ask for, nil for nothing. done sends the
// rest; it is never nil.
func openTracer(ctx context.Context, part string, log *slog.Logger) (tracer *trace.Tracer, done func(), err error) {
	c, err := trace.FromEnvironment(trace.Config{Service: "morag-" + part, Version: version, Logger: log})
	if err == nil {
		tracer, err = trace.Open(ctx, c)
	}
	if err != nil {
		return nil, func() {}, usageError{err}
	}
	return tracer, func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSpans)
		defer cancel()
		if err := tracer.Close(limited); err != nil {
			log.Warn("the last spans are lost", "err", err)
		}
	}, nil
}
