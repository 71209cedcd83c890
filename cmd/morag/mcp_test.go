package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"morag/internal/app/apptest"
)

// An agent that starts the command gets the tools, and answers by them.
func TestMCPCommand(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "morag") // by this name the test is the program
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	note := filepath.Join(folder, "note.txt")
	if err := os.WriteFile(note, []byte("The heron waits."), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := agent.Connect(t.Context(), &sdk.CommandTransport{Command: exec.Command(program, "mcp", "--server", s.URL, "--files", folder)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	call := func(tool string, arguments map[string]any) string {
		t.Helper()
		got, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil || got.IsError {
			t.Fatalf("%s: %+v, %v", tool, got, err)
		}
		text, err := json.Marshal(got.StructuredContent)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := call("ingest_file", map[string]any{"path": note, "wait_seconds": 60}); !strings.Contains(got, `"status":"SUCCESS"`) {
		t.Errorf("ingested: %s", got)
	}
	if got := call("search", map[string]any{"query": "heron"}); !strings.Contains(got, "The heron waits.") {
		t.Errorf("found: %s", got)
	}
	if err := session.Close(); err != nil {
		t.Errorf("the command ended with %v", err)
	}
}
