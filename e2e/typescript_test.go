package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypeScriptClient has a client generated of the OpenAPI document by a generator of
// others, compiles a program that uses it, and runs that for one remote ingestion.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	mp3 := must[string](t)(recorded())
	dir := filepath.Join(t.TempDir(), "client")
	if err := os.CopyFS(dir, os.DirFS("testdata/typescript")); err != nil {
		t.Fatal(err)
	}
	document := must[[]byte](t)(os.ReadFile("../internal/api/testdata/openapi.json"))
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), document, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		var complaints strings.Builder
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, &complaints)
		}
		return string(out)
	}
	run("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	run("npm", "run", "generate")
	run("npm", "run", "compile")

	s := serve(t)
	work(t, s.url, t.TempDir())
	var got struct {
		Method   string   `json:"method"`
		Chunks   int      `json:"chunks"`
		Document string   `json:"document"`
		Found    []string `json:"found"`
		Refused  string   `json:"refused"`
	}
	out := run("node", "ingest.js", s.proxy(), mp3, "teacher from California")
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("it printed %q: %v", out, err)
	}
	if got.Method != "remote" || got.Chunks == 0 || got.Document == "" || len(got.Found) == 0 || got.Found[0] != got.Document {
		t.Errorf("it found %+v", got)
	}
	if !strings.HasPrefix(got.Refused, "the task is SUCCESS:") {
		t.Errorf("a retry of what is done was answered with %q", got.Refused)
	}
}
