package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(errorsVar) != "":
		err = playErrors()
	case len(os.Args) == 2 && os.Args[1] == apptest.Converter()[1]:
		err = app.ServeConversions(os.Stdin, os.Stdout, func() { os.Exit(1) })
	default:
		goleak.VerifyTestMain(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write makes a file to upload.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ingest uploads a file and returns what the task came to.
func ingest(t *testing.T, s *apptest.Server, path string, o client.IngestOptions) wire.TaskResult {
	t.Helper()
	created, err := s.IngestFile(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return succeeded(t, s, created.TaskID)
}

func succeeded(t *testing.T, s *apptest.Server, task string) wire.TaskResult {
	t.Helper()
	ended, err := s.WaitTask(t.Context(), task, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result wire.TaskResult
	if ended.Status != "SUCCESS" {
		t.Fatalf("task %s ended %s", task, ended.Status)
	}
	if err := json.Unmarshal(ended.Result, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// finds tells whether a search brings the document first.
func finds(t *testing.T, s *apptest.Server, query, document string) bool {
	t.Helper()
	found, err := s.Search(t.Context(), wire.Search{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Results) > 0 && found.Results[0].DocumentID == document
}

func poll(t *testing.T, s *apptest.Server, wait time.Duration) wire.Job {
	t.Helper()
	found, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1, Wait: wait, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return found.Job
}

func deliver(t *testing.T, s *apptest.Server, job wire.Job, text string) {
	t.Helper()
	body, err := json.Marshal(wire.JobResult{Success: true, Content: wire.Text(text), WorkerID: "w", Attempt: *job.Attempt})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), *job.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

// remotely uploads a file that waits for a worker.
func remotely(t *testing.T, s *apptest.Server, text string) wire.Ingested {
	t.Helper()
	created, err := s.IngestFile(t.Context(), write(t, "talk", text), client.IngestOptions{Options: option.Options{Remote: true}, ContentType: "selftest"})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func metrics(t *testing.T, s *apptest.Server) string {
	t.Helper()
	resp, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTextIsIngestedAndFound(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	result := ingest(t, s, write(t, "note.txt", "The heron fishes at dawn."), client.IngestOptions{})
	if result.ProcessingMethod != "local" || !finds(t, s, "Who fishes at dawn?", result.DocumentID) {
		t.Errorf("result %+v, or not found", result)
	}
}

func TestRemoteJobEndsInADocument(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	created := remotely(t, s, "a recording")
	job := poll(t, s, 30*time.Second)
	if job.JobID == nil {
		t.Fatal("no job")
	}
	deliver(t, s, job, "The bittern booms in the reeds.")
	result := succeeded(t, s, created.TaskID)
	if result.ProcessingMethod != "remote" || !finds(t, s, "bittern", created.DocumentID) {
		t.Errorf("result %+v, or not found", result)
	}
}

// TestRestartKeepsEverything: what a server was told it still knows when it is started
// on the same folder again, and goes on where it stood.
func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	kept := ingest(t, s, write(t, "note.txt", "The heron fishes at dawn."), client.IngestOptions{Options: option.Options{Metadata: []byte(`{"place":"lake"}`)}})
	held := remotely(t, s, "claimed before the restart")
	job := poll(t, s, 30*time.Second)
	waiting := remotely(t, s, "claimed after the restart")
	eventually(t, "the second job", func() bool {
		task, err := s.Task(t.Context(), waiting.TaskID)
		return err == nil && task.RemoteJobID != nil && task.Stage == "waiting_for_remote_completion"
	})
	if err := s.DrainWorker(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}

	s = s.Restart()

	if !finds(t, s, "heron", kept.DocumentID) {
		t.Error("the document is not found")
	}
	document, err := s.Document(t.Context(), kept.DocumentID)
	if err != nil || document.Metadata.Get("place") != "lake" || document.SourceRef == nil {
		t.Errorf("document %+v, %v", document, err)
	}
	tasks, err := s.Tasks(t.Context(), client.TaskFilter{})
	if err != nil || len(tasks.Tasks) != 3 {
		t.Errorf("%d tasks, %v; want 3", len(tasks.Tasks), err)
	}
	// The worker goes on with what it had: address, attempt and all.
	resp, err := http.Get(s.URL + *job.SourceFileURL)
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(source) != "claimed before the restart" {
		t.Errorf("the source is %q, %v", source, err)
	}
	deliver(t, s, job, "The bittern booms in the reeds.")
	succeeded(t, s, held.TaskID)
	if !finds(t, s, "bittern", held.DocumentID) {
		t.Error("the result that came after the restart is not found")
	}
	if job := poll(t, s, 0); job.JobID != nil {
		t.Error("a worker that was drained before the restart got a job")
	}
	if err := s.ResumeWorker(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	job = poll(t, s, 30*time.Second)
	if job.JobID == nil {
		t.Fatal("the job that was pending is gone")
	}
	deliver(t, s, job, "The grebe dives.")
	succeeded(t, s, waiting.TaskID)
}

func TestOneServerPerFolder(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	second, err := apptest.TryStart(t, s.Settings)
	if err == nil {
		t.Fatalf("a second server listens at %s", second.URL)
	}
	isOneLine(t, err, "MORAG_DATA_DIR")
	if _, err := s.Health(t.Context()); err != nil {
		t.Errorf("the first one, afterwards: %v", err)
	}
	s.Stop()
	apptest.Start(t, s.Settings) // the folder is free again
}

// isOneLine checks what somebody reads whose settings are wrong.
func isOneLine(t *testing.T, err error, names string) {
	t.Helper()
	if text := err.Error(); !strings.Contains(text, names) || strings.Contains(text, "\n") {
		t.Errorf("%q: want one line that names %s", text, names)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for name, c := range map[string]struct {
		change func(*config.Server)
		names  string
	}{
		"no runners":                   {func(s *config.Server) { s.Runners = 0 }, "MORAG_RUNNERS"},
		"a type that is none":          {func(s *config.Server) { s.RemoteContentTypes = []string{"sound bites"} }, "MORAG_REMOTE_CONTENT_TYPES"},
		"a relative source folder":     {func(s *config.Server) { s.SourceDirs = []string{"media"} }, "MORAG_SOURCE_DIRS"},
		"a network that is none":       {func(s *config.Server) { s.Engines.AllowPrivateURLs = []string{"10.0.0.0/99"} }, "MORAG_ALLOW_PRIVATE_URLS"},
		"a huge dimension":             {func(s *config.Server) { s.Embedding.EmbeddingDimension = 1 << 20 }, "MORAG_EMBEDDING_DIMENSION"},
		"no uploads":                   {func(s *config.Server) { s.MaxUploadSize = 0 }, "MORAG_MAX_UPLOAD_SIZE"},
		"no results":                   {func(s *config.Server) { s.MaxResultSize = 0 }, "MORAG_MAX_RESULT_SIZE"},
		"all the world":                {func(s *config.Server) { s.Addr = ":0" }, "MORAG_ADDR"},
		"a name that may be foreign":   {func(s *config.Server) { s.Addr = "example.com:0" }, "MORAG_ADDR"},
		"a certificate without a key":  {func(s *config.Server) { s.TLSCert = "cert.pem" }, "MORAG_TLS_KEY"},
		"a certificate that is none":   {func(s *config.Server) { s.TLSCert, s.TLSKey = write(t, "cert.pem", "x"), write(t, "key.pem", "y") }, "MORAG_TLS_CERT"},
		"an origin with a path":        {func(s *config.Server) { s.CORSOrigins = []string{"https://app.example/page"} }, "MORAG_CORS_ORIGINS"},
		"an origin without a scheme":   {func(s *config.Server) { s.CORSOrigins = []string{"app.example"} }, "MORAG_CORS_ORIGINS"},
		"every origin without keys":    {func(s *config.Server) { s.CORSOrigins = []string{"https://app.example", "*"} }, "MORAG_CORS_ORIGINS"},
		"the same, insecure":           {func(s *config.Server) { s.CORSOrigins, s.Insecure = []string{"*"}, true }, "MORAG_CORS_ORIGINS"},
		"an address that is taken":     {func(s *config.Server) { s.Addr = taken.Addr().String() }, "MORAG_ADDR"},
		"no port":                      {func(s *config.Server) { s.Addr = "127.0.0.1" }, "MORAG_ADDR"},
		"a vision service by name":     {func(s *config.Server) { s.Engines.VisionURL = "eye" }, "MORAG_VISION_URL"},
		"no thumbnails":                {func(s *config.Server) { s.Engines.ThumbnailCount = 0 }, "MORAG_THUMBNAIL_COUNT"},
		"huge thumbnails":              {func(s *config.Server) { s.Engines.ThumbnailWidth = 5000 }, "MORAG_THUMBNAIL_WIDTH"},
		"a speech service by name":     {func(s *config.Server) { s.Engines.SpeechURL = "whisper" }, "MORAG_SPEECH_URL"},
		"an unknown embedder":          {func(s *config.Server) { s.Embedding.Embedder = "word2vec" }, "MORAG_EMBEDDER"},
		"gemini without a key":         {func(s *config.Server) { s.Embedding.Embedder = "gemini" }, "MORAG_GEMINI_API_KEY"},
		"a data folder that is a file": {func(s *config.Server) { s.DataDir = write(t, "data", "") }, "MORAG_DATA_DIR"},
		"jobs in the middle of a file": {func(s *config.Server) { s.RemoteJobsDir = filepath.Join(write(t, "data", ""), "jobs") }, "job store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := apptest.Settings(t)
			c.change(&settings)
			server, err := apptest.TryStart(t, settings)
			if err == nil {
				t.Fatalf("it listens at %s", server.URL)
			}
			isOneLine(t, err, c.names)
		})
	}
}

// TestARefusedStartLetsGo: after a start that failed late nothing is held that the next
// one needs.
func TestARefusedStartLetsGo(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Embedding.Embedder = "word2vec"
	if _, err := apptest.TryStart(t, settings); err == nil {
		t.Fatal("it started")
	}
	settings.Embedding.Embedder = "hash"
	apptest.Start(t, settings)
}

func TestShutdownAnswersWaitingPolls(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	type outcome struct {
		found wire.Poll
		err   error
	}
	got := make(chan outcome, 1)
	go func() {
		found, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, Wait: 60 * time.Second})
		got <- outcome{found, err}
	}()
	eventually(t, "a poll that waits", func() bool { return strings.Contains(metrics(t, s), "\nmorag_polls_waiting 1\n") })
	began := time.Now()
	s.Stop()
	if took := time.Since(began); took > 30*time.Second { // of 60
		t.Errorf("the shutdown took %s", took)
	}
	if o := <-got; o.err != nil || len(o.found.Jobs) != 0 || o.found.JobID != nil {
		t.Errorf("the waiting poll is answered %+v, %v; want nothing, without an error", o.found, o.err)
	}
}
