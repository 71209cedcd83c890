package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"morag/internal/mcp"
)

type mcpCmd struct {
	server
	ReadOnly bool     `help:"Offer only tools that change nothing."`
	Files    []string `sep:"none" placeholder:"FOLDER" help:"Let agents ingest files of this folder of this machine; more than once for several."`
}

// Run serves one agent, which has started it, until that goes away.
func (c *mcpCmd) Run(ctx context.Context, _ streams) error {
	if c.JSON {
		return usageError{errors.New("--json: what is written is always the protocol")}
	}
	if c.ReadOnly && len(c.Files) > 0 {
		return usageError{errors.New("give --read-only or --files")}
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	defer api.CloseIdle()
	folders := make([]string, len(c.Files))
	for i, folder := range c.Files {
		if folders[i], err = filepath.Abs(folder); err != nil {
			return err
		}
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no folder that can be read", folder)
		}
	}
	tools := mcp.New(mcp.Config{API: api, Version: version, ReadOnly: c.ReadOnly, Folders: folders})
	if err := tools.Run(ctx, &sdk.StdioTransport{}); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
