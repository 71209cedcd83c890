package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"morag/internal/app"
	"morag/internal/config"
)

type serveCmd struct {
	config.Server
	AddrFile string `placeholder:"FILE" help:"Write the address that is listened on to this file once it is."`
}

func (c *serveCmd) Run(ctx context.Context, std streams, parsed *kong.Context, file *settings) error {
	if err := c.Validate(); err != nil {
		return usageError{err}
	}
	converter, err := converterCommand()
	if err != nil {
		return err
	}
	log := newLogger(std.err, c.Log)
	tracer, traced, err := openTracer(ctx, "server", log)
	if err != nil {
		return err
	}
	defer traced()
	server, err := app.NewServer(ctx, app.ServerConfig{
		Settings: c.Server, InForce: inForce(parsed, file), Version: version, Logger: log, Converter: converter, Settled: started, Tracer: tracer,
	})
	var setting *app.SettingError
	if errors.As(err, &setting) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if c.AddrFile != "" {
		if err := app.WriteAddr(c.AddrFile, server.Addr()); err != nil {
			server.Close()
			return fmt.Errorf("--addr-file: %w", err)
		}
	}
	return server.Run(ctx)
}
