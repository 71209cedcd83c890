package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/generatedtest"
	"morag/internal/option"
	"morag/internal/wire"
)

// example is the worker that the documentation shows.
const example = "../docs/worker_example.py"

//go:generate go test -run ^TestGeneratedWorkerExample$ -update .

func TestGeneratedWorkerExample(t *testing.T) {
	t.Parallel()
	text := must[[]byte](t)(os.ReadFile(example))
	generatedtest.Check(t, "../docs/worker-protocol.md", "worker example", "```python\n"+string(text)+"```\n")
}

// exampleType is what the example converts in its test.
const exampleType = "shout"

// engine is a program for the example: it shouts what it is given. It fails the first
// time at what is said to be unlucky, and takes for ever over what is said to be long.
const engine = `
text=$(cat)
case $text in
*unlucky*) if ! test -e "$0.failed"; then : > "$0.failed"; echo "no luck" >&2; exit 3; fi;;
*long*) echo $$ > "$0.pid"; exec sleep 3600;;
esac
echo "$text" | tr a-z A-Z
`

// TestWorkerExample runs the example against the real server.
func TestWorkerExample(t *testing.T) {
	t.Parallel()
	s := serve(t, "--remote-content-types", exampleType, "--retry-backoff", "1")
	script := filepath.Join(t.TempDir(), "engine.sh")
	if err := os.WriteFile(script, []byte(engine), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := runExample(t, s.url, "sh", script)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the example printed:\n%s", printed())
		}
	})
	upload := func(text string) wire.Ingested {
		t.Helper()
		path := filepath.Join(t.TempDir(), "note")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		created, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Remote: true, NoFallback: true}, ContentType: exampleType})
		if err != nil {
			t.Fatal(err)
		}
		return created
	}

	// It succeeds.
	created := upload("a nightingale sings")
	if result := s.succeeded(created.TaskID); result.ProcessingMethod != "remote" {
		t.Errorf("result %+v", result)
	}
	if text := s.text(created.DocumentID); !strings.Contains(text, "A NIGHTINGALE SINGS") {
		t.Errorf("the text is %q", text)
	}

	// It fails, and tries again.
	created = upload("an unlucky nightingale")
	s.succeeded(created.TaskID)
	job := must[wire.JobRecord](t)(s.Job(t.Context(), deref(must[wire.Task](t)(s.Task(t.Context(), created.TaskID)).RemoteJobID)))
	if job.Attempt != 2 || job.RetryCount != 1 {
		t.Errorf("the job was completed at attempt %d after %d retries, want 2 after 1", job.Attempt, job.RetryCount)
	}

	// It beats, and stops its engine when the job is called off.
	created = upload("a long nightingale")
	pid := 0
	eventually(t, stepTime, "the engine runs", func() bool {
		text, _ := os.ReadFile(script + ".pid")
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid > 0
	})
	id := deref(must[wire.Task](t)(s.Task(t.Context(), created.TaskID)).RemoteJobID)
	first := must[wire.JobRecord](t)(s.Job(t.Context(), id)).LeaseExpiresAt
	eventually(t, stepTime, "a heartbeat renews the lease", func() bool {
		now := must[wire.JobRecord](t)(s.Job(t.Context(), id)).LeaseExpiresAt
		return first != nil && now != nil && now.Sub(*first) > time.Second
	})
	if err := s.CancelTask(t.Context(), created.TaskID); err != nil {
		t.Fatal(err)
	}
	running := must[*os.Process](t)(os.FindProcess(pid))
	eventually(t, stepTime, "the engine is stopped", func() bool { return running.Signal(syscall.Signal(0)) != nil })

	// And goes on with the next one.
	s.succeeded(upload("one nightingale more").TaskID)
}

// runExample starts the example under the shortest lease. The answer reads what it has
// printed.
func runExample(t *testing.T, url string, command ...string) (printed func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.CommandContext(t.Context(), python, append([]string{example, url, exampleType}, command...)...)
	cmd.Env = append(os.Environ(), "NO_PROXY=*", "MORAG_WORKER_LEASE=15") // requests would ask a proxy even for this machine
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(fmt.Errorf("start the example: %w", err))
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return func() string {
		text, _ := os.ReadFile(path)
		return string(text)
	}
}
