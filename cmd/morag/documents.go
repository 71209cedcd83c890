package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"morag/internal/client"
	"morag/internal/wire"
)

type documentsCmd struct {
	List    documentsListCmd    `cmd:"" help:"List documents."`
	Show    documentsShowCmd    `cmd:"" help:"Show one, or its text."`
	Correct documentsCorrectCmd `cmd:"" help:"Correct what is said in a recording, and name who says it."`
	Export  documentsExportCmd  `cmd:"" help:"Write what is said in a recording as subtitles or text."`
	Source  documentsSourceCmd  `cmd:"" help:"Fetch the file that one was made of."`
	Delete  documentsDeleteCmd  `cmd:"" help:"Delete documents and their source files."`
}

type documentsListCmd struct {
	server
	page
	Name  string `help:"Only those that have this in their title or the name of their source."`
	Type  string `placeholder:"TYPE" help:"Only of this content type, such as audio or document."`
	Order string `enum:"newest,oldest,name" default:"newest" help:"newest, oldest or name."`
}

func (c *documentsListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Documents(ctx, client.DocumentFilter{Name: c.Name, ContentType: c.Type, Order: c.Order, List: c.list()})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	ids := make([]string, len(found.Documents))
	for i, d := range found.Documents {
		ids[i] = d.DocumentID
	}
	short := shorten(ids)
	rows := [][]string{{"DOCUMENT", "TYPE", "NAME", "TITLE", "CHUNKS", "CHARACTERS", "CONVERTED", "UPDATED"}}
	for _, d := range found.Documents {
		rows = append(rows, []string{short(d.DocumentID), d.ContentType, orDash(d.SourceName), titleOf(d.Metadata), strconv.Itoa(d.ChunkCount), strconv.Itoa(d.ContentLength), d.ProcessingMethod, when(d.UpdatedAt)})
	}
	return listed(std, rows, found.NextCursor)
}

type documentsShowCmd struct {
	server
	ID   string `arg:"" help:"Id of the document, or its beginning."`
	Text bool   `help:"Print its text instead."`
}

func (c *documentsShowCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, documents, c.ID)
	if err != nil {
		return err
	}
	if c.Text {
		text, err := api.DocumentContent(ctx, id)
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
	d, err := api.Document(ctx, id)
	if err != nil {
		return err
	}
	return printJSON(std.out, d)
}

type documentsDeleteCmd struct {
	server
	many
	IDs []string `arg:"" optional:"" name:"id" help:"Ids of the documents, or their beginnings."`
}

// Run deletes one after the other; what fails of one keeps no other.
func (c *documentsDeleteCmd) Run(ctx context.Context, std streams) error {
	if many, err := c.chosen("documents delete", c.IDs...); err != nil {
		return err
	} else if many {
		return c.do(ctx, std, &c.server, deed{client.BulkDocuments, "delete", "delete", "deleted", "document"})
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	failed := failures{std: std, server: c.Server, all: len(c.IDs)}
	for _, typed := range c.IDs {
		id, err := documents(api).existing(ctx, typed)
		if err == nil {
			err = api.DeleteDocument(ctx, id)
		}
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed.add(typed, err)
			continue
		}
		if _, err := fmt.Fprintf(std.out, "document %s is deleted\n", oneLine(id)); err != nil {
			return err
		}
	}
	return failed.err("documents were not deleted")
}

// titleOf is a document's title among its metadata, "-" without one.
func titleOf(metadata wire.Object) string {
	if title, _ := metadata.Get("title").(string); title != "" {
		return title
	}
	return "-"
}
