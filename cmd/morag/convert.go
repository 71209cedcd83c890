package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/convert"
)

type convertCmd struct {
	config.Engines
	File     string `arg:"" help:"File to convert."`
	Out      string `short:"o" placeholder:"FILE" help:"Write here instead of to standard output."`
	JSON     bool   `name:"json" help:"Print {content, metadata} as JSON."`
	Type     string `placeholder:"TYPE" help:"Content type (default: found out)."`
	Language string `placeholder:"TAG" help:"Language of the source."`
	Password string `help:"Password of an encrypted document."`
	Docling  bool   `name:"use-docling" help:"Have the docling server convert the document."`
}

func (c *convertCmd) Run(ctx context.Context, std streams) error {
	claimed, err := content.Normalize(c.Type)
	if err != nil {
		return usageError{err}
	}
	src, err := c.source(std, claimed)
	if err != nil {
		return err
	}
	converters, err := app.NewConverters(c.Engines)
	if err != nil {
		return err
	}
	bar := newProgress(std.err, src.Name)
	doc, err := converters.Convert(ctx, src, convert.Options{Language: c.Language, Password: c.Password, UseDocling: c.Docling}, bar.show)
	bar.done()
	if err != nil {
		return err
	}
	for _, w := range doc.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	return c.write(std, doc)
}

func (c *convertCmd) source(std streams, claimed string) (content.Source, error) {
	info, err := os.Stat(c.File)
	if err != nil {
		return content.Source{}, err
	}
	if !info.Mode().IsRegular() {
		return content.Source{}, fmt.Errorf("%s is not a file", c.File)
	}
	if info.Size() == 0 {
		return content.Source{}, fmt.Errorf("%s is empty", c.File)
	}
	name := filepath.Base(c.File)
	detected, mimeType, err := content.DetectFile(c.File, name)
	if err != nil {
		return content.Source{}, err
	}
	contentType, warning := content.Resolve(claimed, detected, mimeType)
	if contentType == "" {
		return content.Source{}, errors.New("the file is of no known type: name it with --type")
	}
	if warning != "" {
		fmt.Fprintf(std.err, "warning: %s\n", warning)
	}
	return content.Source{Path: c.File, Name: name, Type: contentType, MIME: mimeType}, nil
}

func (c *convertCmd) write(std streams, doc *content.Document) error {
	out := std.out
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	if c.JSON {
		return printJSON(out, map[string]any{"content": doc.Content, "metadata": doc.Metadata})
	}
	_, err := fmt.Fprintln(out, doc.Content)
	return err
}
