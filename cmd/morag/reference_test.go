package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestGenerated -update .

// model is the command line as it is.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(&cli{}, streams{out: io.Discard, err: io.Discard}, func(int) {}, &settings{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

func TestGeneratedCommands(t *testing.T) {
	var table strings.Builder
	table.WriteString("| command | what it does |\n|---|---|\n")
	for _, command := range model(t).Leaves(true) {
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.ReplaceAll(command.Summary(), " [flags]", ""), command.Help)
	}
	generatedtest.Check(t, "../../README.md", "commands", table.String())
}

func TestGeneratedSettings(t *testing.T) {
	for _, command := range model(t).Children {
		if command.Name != "serve" && command.Name != "worker" {
			continue
		}
		var table strings.Builder
		table.WriteString("| flag | variable | default | what it is |\n|---|---|---|---|\n")
		for _, f := range command.Flags {
			if f.Hidden || len(f.Envs) == 0 {
				continue
			}
			fmt.Fprintf(&table, "| `--%s` | `%s` | %s | %s |\n", f.Name, strings.Join(f.Envs, "`, `"), cmp.Or(code(f.Default), "–"), f.Help)
		}
		generatedtest.Check(t, "../../docs/settings.md", "settings of "+command.Name, table.String())
	}
}

// What is supported is asked of the converters as they are without settings, on a machine
// that has no engine: what one finds here is nobody else's business.
func TestGeneratedFormats(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	converters, err := app.NewConverters(config.Engines{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	engines := converters.Engines(t.Context())
	var table strings.Builder
	table.WriteString("| type | formats | engines, in the order they are tried | to get them |\n|---|---|---|---|\n")
	for _, contentType := range converters.Types() {
		var names, remedies []string
		for _, e := range engines {
			if !slices.Contains(e.Types, contentType) {
				continue
			}
			names = append(names, e.Name)
			if !slices.Contains(remedies, e.Remedy) {
				remedies = append(remedies, e.Remedy)
			}
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", contentType, cmp.Or(strings.Join(content.Formats(contentType), ", "), "addresses"), strings.Join(names, ", "), strings.Join(remedies, "; "))
	}
	generatedtest.Check(t, "../../README.md", "formats", table.String())
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
