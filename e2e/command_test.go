package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCommandLine goes through the commands as a user types them: what they print and
// how they exit.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	s := serve(t)
	dir := t.TempDir()
	pdf := must[[]byte](t)(os.ReadFile("../internal/demo/asset/bicycle.pdf"))
	if err := os.WriteFile(filepath.Join(dir, "report.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.pdf"), pdf[:len(pdf)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	type ids struct {
		TaskID     string `json:"task_id"`
		DocumentID string `json:"document_id"`
	}
	// The first steps make what the later ones show.
	var made ids
	if err := json.Unmarshal([]byte(morag(t, s, dir, 0, "ingest report.pdf --wait --json").out), &made); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line     string
		exit     int
		says     string // on standard output
		explains string // on standard error, in one line, when it failed
	}{
		{"version", 0, "morag ", ""},
		{"convert report.pdf", 0, "The chain needs oil", ""},
		{"convert report.pdf --json", 0, `"page_count": 2`, ""},
		{"convert broken.pdf", 1, "", "truncated"},
		{"convert nothing.pdf", 1, "", "nothing.pdf"},
		{"ingest report.pdf", 0, "task ", ""},
		{"ingest report.pdf --wait", 0, "same content", ""},
		{"ingest broken.pdf --wait", 1, "", "truncated"},
		{"ingest nothing.pdf", 1, "", "nothing.pdf"},
		{"ingest report.pdf --chunk-size 10", 2, "", "--chunk-size"},
		{"ingest report.pdf --metadata {", 2, "", "--metadata"},
		{"search bicycle chain", 0, made.DocumentID[:8], ""},
		{"search bicycle --json", 0, `"results"`, ""},
		{"tasks list", 0, made.TaskID[:8], ""},
		{"tasks show " + made.TaskID, 0, `"status": "SUCCESS"`, ""},
		{"tasks show 0000", 1, "", "no such task"},
		{"jobs list", 0, "JOB", ""},
		{"jobs show 0000", 1, "", "no such job"},
		{"documents list", 0, "report.pdf", ""},
		{"documents show " + made.DocumentID + " --text", 0, "The chain needs oil", ""},
		{"documents delete " + made.DocumentID, 0, made.DocumentID, ""},
		{"documents show " + made.DocumentID, 1, "", "no such document"},
		{"search bicycle chain", 0, "nothing found", ""},
		{"", 0, "Usage: morag <command>", ""},
		{"sing", 2, "", "sing"},
		{"serve --addr 0.0.0.0:0", 2, "", "MORAG_ADDR"},
		{"serve --runners 0", 2, "", "MORAG_RUNNERS"},
		{"worker --content-types tapestry", 1, "", "MORAG_WORKER_CONTENT_TYPES"},
		{"tasks list --server http://127.0.0.1:1", 1, "", "127.0.0.1:1"},
	} {
		got := morag(t, s, dir, tt.exit, tt.line)
		if !strings.Contains(got.out, tt.says) {
			t.Errorf("morag %s printed\n%s\nwithout %q", tt.line, got.out, tt.says)
		}
		last := got.err[strings.LastIndexByte(strings.TrimRight(got.err, "\n"), '\n')+1:]
		if tt.exit != 0 && (!strings.Contains(last, tt.explains) || !strings.HasPrefix(last, "morag: ")) {
			t.Errorf("morag %s explained %q, without %q", tt.line, last, tt.explains)
		}
	}
}

// printed is what a command left.
type printed struct{ out, err string }

// morag runs a command in dir against the server.
func morag(t *testing.T, s *server, dir string, exit int, line string) printed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, strings.Fields(line)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "MORAG_API_BASE_URL="+s.url)
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	code := 0
	var bad *exec.ExitError
	if errors.As(err, &bad) {
		code = bad.ExitCode()
	} else if err != nil {
		t.Fatalf("morag %s: %v", line, err)
	}
	if code != exit {
		t.Errorf("morag %s: exit %d, want %d\n%s%s", line, code, exit, &out, &complaints)
	}
	return printed{out.String(), complaints.String()}
}
