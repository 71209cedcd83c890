package main

import (
	"context"
	"strings"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/convert"
)

type doctorCmd struct {
	config.Engines
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the engines with what each is for. A missing one is no failure: only
// what it is for cannot be converted here.
func (c *doctorCmd) Run(ctx context.Context, std streams) error {
	if err := c.Validate(); err != nil {
		return usageError{err}
	}
	converters, err := app.NewConverters(c.Engines, version)
	if err != nil {
		return err
	}
	engines := converters.Engines(ctx)
	if c.JSON {
		return printJSON(std.out, engines)
	}
	return table(std.out, engineRows(engines))
}

// engineRows puts together what is for the same content types.
func engineRows(engines []convert.Engine) [][]string {
	var groups []string
	byGroup := map[string][][]string{}
	for _, e := range engines {
		found, remedy := e.Version, ""
		if !e.Available {
			found, remedy = "missing", e.Remedy
		} else if found == "" {
			found = "there"
		}
		group, shown := strings.Join(e.Types, ", "), ""
		if byGroup[group] == nil {
			groups, shown = append(groups, group), group
		}
		byGroup[group] = append(byGroup[group], []string{shown, e.Name, e.Purpose, found, remedy})
	}
	rows := [][]string{{"TYPES", "ENGINE", "FOR", "VERSION", "TO GET IT"}}
	for _, group := range groups {
		rows = append(rows, byGroup[group]...)
	}
	return rows
}
