package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/program"
	"morag/internal/wire"
)

// whistled is a recording of so many seconds that differ, with a pause in each.
func whistled(t *testing.T, seconds int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "whistled.flac")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi",
		"-i", fmt.Sprintf(`aevalsrc=0.3*sin(2*PI*(200+10*floor(t))*t)*lt(mod(t\,1)\,0.6):s=16000:d=%d`, seconds), path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// lines are those of a file that may not be there yet.
func lines(path string) []string {
	raw, _ := os.ReadFile(path)
	return strings.Fields(string(raw))
}

// A recording that is cut into pieces is converted whole although a worker dies with a piece
// and the server is killed while others are being converted: nothing is converted twice but
// what the dead worker had, and the text is that of an undisturbed conversion by one worker.
func TestSplitOutlastsCrashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun, goOn := filepath.Join(dir, "begun"), filepath.Join(dir, "go")
	engine := fmt.Sprintf(`s=$(cksum < "$0" | cut -d' ' -f1); echo $s >> %q; while [ ! -e %q ]; do sleep 0.1; done; echo "piece $s"`, begun, goOn)
	commands := string(must[[]byte](t)(json.Marshal(map[string][]string{"audio": {"sh", "-c", engine, "{input}"}})))
	s := serve(t, "--split-after", "20", "--split-length", "10", "--retry-backoff", "1")
	path := whistled(t, 60)
	ingest := func(document string) string {
		created, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Remote: true, NoFallback: true, DocumentID: document}})
		if err != nil {
			t.Fatal(err)
		}
		return created.TaskID
	}
	task := ingest("disturbed")
	eventually(t, stepTime, "a worker gets a piece, and dies", func() bool {
		found, err := s.Poll(t.Context(), client.Poll{WorkerID: "mortal", ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: 10 * time.Second, Lease: 15 * time.Second})
		if err != nil || found.JobID == nil {
			return false
		}
		_, err = s.Heartbeat(t.Context(), *found.JobID, wire.Heartbeat{WorkerID: "mortal", Attempt: *found.Attempt})
		return err == nil
	})
	hire := func(name string) {
		home := t.TempDir()
		child, err := program.Start(program.Config{
			Path: binary, Dir: home, Log: filepath.Join(home, "log"),
			Args: []string{"worker", "--api-base-url", s.url, "--worker-id", name, "--content-types", "audio", "--temp-dir", home, "--commands", commands, "--poll-interval", "1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			child.Kill()
			if t.Failed() {
				t.Logf("log of %s:\n%s", name, child.LogTail(5000))
			}
		})
	}
	hire("one")
	hire("other")
	eventually(t, taskTime, "both convert two pieces each", func() bool { return len(lines(begun)) == 4 })
	s.crash()
	if err := os.WriteFile(goOn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.succeeded(task)
	converted := lines(begun)
	if slices.Sort(converted); len(converted) != 6 || len(slices.Compact(converted)) != 6 {
		t.Errorf("of six pieces these were converted: %v", converted)
	}
	s.succeeded(ingest("undisturbed"))
	if got, want := s.text("disturbed"), s.text("undisturbed"); got != want || strings.Count(got, "piece ") != 6 {
		t.Errorf("the text is\n%s\nand undisturbed\n%s", got, want)
	}
	eventually(t, stepTime, "nothing but the two sources is kept", func() bool { return s.uploads() == 2 })
}

// The worker of the documents, which knows nothing of pieces, converts them.
func TestDocumentedWorkerConvertsPieces(t *testing.T) {
	t.Parallel()
	s := serve(t, "--split-after", "20", "--split-length", "10", "--retry-backoff", "1")
	created, err := s.IngestFile(t.Context(), whistled(t, 30), client.IngestOptions{Options: option.Options{Remote: true, NoFallback: true}})
	if err != nil {
		t.Fatal(err)
	}
	log := background(t, "worker.py", s.proxy(), filepath.Join(t.TempDir(), "failed-once"))
	result := s.succeeded(created.TaskID)
	task := s.ended(created.TaskID)
	if got := strings.Count(s.text(created.DocumentID), "sha256 "); got != 3 || len(task.Parts) != 3 || result.ProcessingMethod != "remote" {
		t.Errorf("the text has %d pieces, the task the parts %+v, converted %s\n%s", got, task.Parts, result.ProcessingMethod, log())
	}
	if who := deref(task.Parts[1].WorkerID); who != "audio-worker-1" || result.Metadata.Get("duration") != 30.0 {
		t.Errorf("converted by %s, and the recording lasts %v", who, result.Metadata.Get("duration"))
	}
}
