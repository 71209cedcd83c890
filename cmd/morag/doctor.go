package main

import (
	"context"

	"morag/internal/app"
	"morag/internal/config"
)

type doctorCmd struct {
	config.Engines
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the engines with what each is for. A missing one is no failure: only
// what it is for cannot be converted here.
func (c *doctorCmd) Run(ctx context.Context, std streams) error {
	converters, err := app.NewConverters(c.Engines)
	if err != nil {
		return err
	}
	engines := converters.Engines(ctx)
	if c.JSON {
		return printJSON(std.out, engines)
	}
	rows := [][]string{{"ENGINE", "FOR", "VERSION", "TO GET IT"}}
	for _, e := range engines {
		found, remedy := e.Version, ""
		if !e.Available {
			found, remedy = "missing", e.Remedy
		} else if found == "" {
			found = "there"
		}
		rows = append(rows, []string{e.Name, e.Purpose, found, remedy})
	}
	return table(std.out, rows)
}
