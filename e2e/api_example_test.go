package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"morag/internal/client"
	"morag/internal/wire"
)

// The examples that are run, in this order; others need a worker, or what is not there.
var runnable = []string{
	"taskStatus", "taskEvents", "activeTasks", "queueStats", "listTasks", "search", "searchShort", "listDocuments", "showDocument",
	"searchVectorStore", "difyRetrieval", "documentContent", "documentChunks", "documentSource", "process", "processFile", "listJobs", "jobStatistics", "cleanupJobs",
	"listWorkers", "root", "health", "ready", "openapi", "docs", "metrics", "cleanup", "deleteDocument",
}

// TestAPIExamples runs the examples of the documentation against the real server, all of
// one language in one script.
func TestAPIExamples(t *testing.T) {
	t.Parallel()
	page := string(must[[]byte](t)(os.ReadFile("../docs/api.md")))
	preamble := block(t, page, "python")
	for language, start := range map[string]string{"python": preamble, "sh": "set -e\ncurl() { command curl -sS --fail-with-body \"$@\"; }\n"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "talk.mp3"), []byte("The tide turns at noon.\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(script string) {
				t.Helper()
				cmd := exec.CommandContext(t.Context(), python, "-c", script)
				if language == "sh" {
					cmd = exec.CommandContext(t.Context(), "sh", "-c", script)
				}
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "MORAG_API_BASE_URL="+s.url, "MORAG_API_KEY=none")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s\nof\n%s", err, out, script)
				}
			}
			here := strings.NewReplacer("http://localhost:8000", s.url).Replace
			run(start + here(exampleOf(t, page, "ingestFile", language)))
			created := must[wire.Tasks](t)(s.Tasks(t.Context(), client.TaskFilter{})).Tasks[0]
			s.succeeded(created.TaskID)
			script := start
			for _, id := range runnable {
				script += here(exampleOf(t, page, id, language)) + "\n"
			}
			run(strings.ReplaceAll(script, taskOfExamples(t, page), created.TaskID))
			if s.finds("tide", "talk-7") {
				t.Error("the document is there although the last example has deleted it")
			}
		})
	}
}

// TestClientExample runs the client of the documentation.
func TestClientExample(t *testing.T) {
	t.Parallel()
	s := serve(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"note.txt": "The heron waits.\nThe tide turns at noon.\n", "broken.pdf": "%PDF-1.4\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := must[string](t)(filepath.Abs("../docs/client_example.py"))
	ask := func(file string) (string, error) {
		cmd := exec.CommandContext(t.Context(), python, path, filepath.Join(dir, file), "when", "does", "the", "tide", "turn?")
		cmd.Env = append(os.Environ(), "MORAG_API_BASE_URL="+s.url)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := ask("note.txt"); err != nil || !strings.Contains(out, "note.txt : The heron waits.") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := ask("broken.pdf"); err == nil || !strings.Contains(out, "FAILURE: the PDF") {
		t.Errorf("%v\n%s", err, out)
	}
}

// exampleOf is that of a call in a language.
func exampleOf(t *testing.T, page, id, language string) string {
	t.Helper()
	_, call, ok := strings.Cut(page, `<a id="`+id+`"></a>`)
	if !ok {
		t.Fatalf("the page has no call %s", id)
	}
	call, _, _ = strings.Cut(call, `<a id="`)
	return block(t, call, language)
}

// block is the first one of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no %s in\n%s", language, text)
	}
	return found[1]
}

// taskOfExamples is the id that the examples have for a task.
func taskOfExamples(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`/api/v1/status/([0-9a-f-]{36})`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("no example names a task")
	}
	return found[1]
}
