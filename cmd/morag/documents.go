package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"morag/internal/client"
)

type documentsCmd struct {
	List   documentsListCmd   `cmd:"" help:"List documents, newest first."`
	Show   documentsShowCmd   `cmd:"" help:"Show one, or its text."`
	Delete documentsDeleteCmd `cmd:"" help:"Delete one and its source file."`
}

type documentsListCmd struct {
	server
	Limit  int    `default:"50" help:"How many."`
	Cursor string `help:"Where the page before ended."`
}

func (c *documentsListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	page, err := api.Documents(ctx, client.List{Limit: c.Limit, Cursor: c.Cursor})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, page)
	}
	rows := [][]string{{"DOCUMENT", "TYPE", "NAME", "CHUNKS", "CHARACTERS", "CONVERTED", "UPDATED"}}
	for _, d := range page.Documents {
		rows = append(rows, []string{d.DocumentID, d.ContentType, orDash(d.SourceName), strconv.Itoa(d.ChunkCount), strconv.Itoa(d.ContentLength), d.ProcessingMethod, when(d.UpdatedAt)})
	}
	return table(std.out, rows)
}

type documentsShowCmd struct {
	server
	ID   string `arg:"" help:"Id of the document."`
	Text bool   `help:"Print its text instead."`
}

func (c *documentsShowCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if c.Text {
		text, err := api.DocumentContent(ctx, c.ID)
		if err != nil {
			return err
		}
		defer text.Close()
		if _, err := io.Copy(std.out, text); err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out)
		return err
	}
	d, err := api.Document(ctx, c.ID)
	if err != nil {
		return err
	}
	return printJSON(std.out, d)
}

type documentsDeleteCmd struct {
	server
	ID string `arg:"" help:"Id of the document."`
}

func (c *documentsDeleteCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if err := api.DeleteDocument(ctx, c.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "document %s is deleted\n", c.ID)
	return err
}
