package main

import (
	"encoding/json"
	"io"
	"time"

	"morag/internal/client"
)

// server says which server a command talks to.
type server struct {
	Server string `name:"server" aliases:"api-base-url" env:"MORAG_API_BASE_URL" default:"http://localhost:8000" help:"Address of the server."`
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

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
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
