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
	modelsFolder
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the engines with what each is for, what bounds conversions, and the model of searches. A missing one is no failure: only
// what it is for cannot be converted here.
func (c *doctorCmd) Run(ctx context.Context, std streams) error {
	if err := c.Validate(); err != nil {
		return usageError{err}
	}
	command, err := converterCommand()
	if err != nil {
		return err
	}
	converters, err := app.OpenConverters(app.ConverterConfig{Engines: c.Engines, Version: version, Command: command})
	if err != nil {
		return err
	}
	defer converters.Close()
	engines, err := converters.Examine(ctx)
	if err != nil {
		return err
	}
	model, err := app.ExamineModel(c.ModelsDir, c.DataDir)
	if err != nil {
		return err
	}
	engines = append(engines, model)
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
		found, remedy := e.Version, e.Warning
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
