package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"morag/internal/wire"
)

type healthCmd struct {
	server
}

// Run shows which parts of a server are ready, and fails when one is not, so that it serves
// as the check of a container.
func (c *healthCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	state, err := api.Ready(ctx)
	if err != nil {
		return err
	}
	if err := c.show(std, state); err != nil {
		return err
	}
	if state.Status != "ready" {
		return errors.New("the server is not ready")
	}
	return nil
}

func (c *healthCmd) show(std streams, state wire.Ready) error {
	if c.JSON {
		return printJSON(std.out, state)
	}
	rows := [][]string{{"PART", "STATE"}}
	for _, part := range slices.Sorted(maps.Keys(state.Parts)) {
		rows = append(rows, []string{part, state.Parts[part]})
	}
	return table(std.out, rows)
}
