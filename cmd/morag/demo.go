package main

import (
	"context"
	"fmt"
	"os"

	"morag/internal/app"
	"morag/internal/demo"
)

type demoCmd struct {
	modelsFolder
	Exit bool `help:"End when all is shown, instead of leaving the server running; exit status 0 only if all of it held."`
}

func (c *demoCmd) Run(ctx context.Context, std streams) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return demo.Run(ctx, demo.Config{Program: self, Out: std.out, Exit: c.Exit, Model: app.ModelFolder(c.ModelsDir, c.DataDir),
		Progress: func(label string) (func(float64, string), func()) {
			bar := newProgress(std.out, label)
			return bar.show, bar.done
		},
	})
}
