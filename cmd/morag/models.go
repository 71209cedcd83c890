package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"morag/internal/app"
)

type modelsCmd struct {
	List   modelsListCmd   `cmd:"" help:"List the models that are here, and those that can be fetched."`
	Pull   modelsPullCmd   `cmd:"" help:"Fetch a model, by its name or from a folder or address."`
	Remove modelsRemoveCmd `cmd:"" help:"Remove a model."`
}

// modelsFolder says where models are: it is the folder itself that a command works on.
type modelsFolder struct {
	dataFolder
	ModelsDir string `env:"MORAG_MODELS_DIR" help:"Folder of the models (default: models in the data folder)."`
}

type modelsListCmd struct {
	modelsFolder
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the models.
func (c *modelsListCmd) Run(std streams) error {
	all, err := app.Models(c.ModelsDir, c.DataDir).List()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, all)
	}
	rows := [][]string{{"NAME", "STATE", "NUMBERS", "MIB", "SHA-256"}}
	for _, m := range all {
		row := []string{m.Name, "here", fmt.Sprint(m.Dimension), fmt.Sprint(m.Bytes >> 20), m.Checksum}
		switch {
		case !m.There:
			row = []string{m.Name, "can be pulled", "-", "-", "-"}
		case m.Problem != "":
			row = []string{m.Name, "unusable: " + m.Problem, "-", "-", "-"}
		}
		rows = append(rows, row)
	}
	return table(std.out, rows)
}

type modelsPullCmd struct {
	modelsFolder
	Name   string `arg:"" help:"Name of the model; of one that is not known it becomes that of its folder."`
	From   string `placeholder:"FOLDER|URL" help:"Folder or address that has its files (default: its publisher's)."`
	SHA256 string `name:"sha256" placeholder:"HEX" help:"What the SHA-256 of model.safetensors must be; needed for an address of a model that is not known."`
}

// Run fetches a model; a file whose checksum is another is not kept.
func (c *modelsPullCmd) Run(ctx context.Context, std streams) error {
	if strings.Trim(c.SHA256, "0123456789abcdefABCDEF") != "" || c.SHA256 != "" && len(c.SHA256) != 64 {
		return usageError{errors.New("--sha256 must have 64 hexadecimal digits")}
	}
	shelf := app.Models(c.ModelsDir, c.DataDir)
	err := shelf.Pull(ctx, c.Name, c.From, c.SHA256, func(file string, bytes int64) {
		fmt.Fprintf(std.err, "%s: %d bytes\n", file, bytes)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is in %s\n", c.Name, shelf.Dir)
	return err
}

type modelsRemoveCmd struct {
	modelsFolder
	Name string `arg:"" help:"Name of the model."`
}

// Run removes a model.
func (c *modelsRemoveCmd) Run(std streams) error {
	if err := app.Models(c.ModelsDir, c.DataDir).Remove(c.Name); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "%s is removed\n", c.Name)
	return err
}
