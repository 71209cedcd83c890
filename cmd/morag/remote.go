package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"morag/internal/client"
)

// server says which server a command talks to.
type server struct {
	Server string `env:"MORAG_API_BASE_URL" default:"http://localhost:8000" help:"Address of the server."`
	APIKey string `name:"api-key" env:"MORAG_API_KEY" help:"Key for the server."`
	CAFile string `name:"ca-file" env:"MORAG_CA_FILE" placeholder:"FILE" help:"Certificates (PEM) to trust besides the system's, for a server that made its own."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

func (s *server) client() (*client.Client, error) {
	c, err := client.New(client.Config{BaseURL: s.Server, APIKey: s.APIKey, CAFile: s.CAFile, UserAgent: "morag/" + version})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// decodeObject reads a flag's JSON object.
func decodeObject(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("JSON", &text); err != nil {
		return err
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return errors.New("not a JSON object")
	}
	target.Set(reflect.ValueOf(object))
	return nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// table prints rows in columns, the first row as their heads.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// oneLine makes text of a stranger safe for a terminal's line: no control characters, not
// those of Unicode either, nor what turns the direction of the text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func when(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func orDash(s *string) string {
	if s == nil || *s == "" {
		return "-"
	}
	return *s
}
