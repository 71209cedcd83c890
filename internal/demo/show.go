package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/program"
	"morag/internal/speech"
	"morag/internal/wire"
)

// The worker's name, which its job's record has to bear, and the documents'.
const (
	workerID  = "demo-worker"
	recording = "library"
	manual    = "bicycle"
)

// chunkSize is small, in characters, so that a hit shows the place in so short a text.
const chunkSize = 500

func (t *tour) show(ctx context.Context) error {
	for _, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"Speak a text of " + fmt.Sprint(len(strings.Fields(spoken))) + " words into " + recording + ".mp3", t.speak},
		{"Start a server, with remote conversion on", t.startServer},
		{"Start a worker as a second process", t.startWorker},
		{"Ingest the recording: the worker converts it", t.ingestRecording},
		{"Ingest a PDF: the server converts it", t.ingestManual},
		{"Read what was heard", t.compare},
		{"Search for what was said", func(ctx context.Context) error { return t.search(ctx, saidQuestion, recording) }},
		{"Search for what stands in the PDF", func(ctx context.Context) error { return t.search(ctx, readQuestion, manual) }},
	} {
		t.step++
		fmt.Fprintf(t.Out, "\n%d. %s\n", t.step, step.title)
		limited, cancel := context.WithTimeout(ctx, stepTimeout)
		start := time.Now()
		err := step.do(limited)
		cancel()
		if cause := context.Cause(ctx); cause != nil { // a program that ended, or the user
			err = cause
		}
		if err != nil {
			return fmt.Errorf("demo: step %d: %w", t.step, err)
		}
		t.say("took %.1f s", time.Since(start).Seconds())
	}
	return nil
}

// say prints a line about the present step.
func (t *tour) say(format string, args ...any) { fmt.Fprintf(t.Out, "   "+format+"\n", args...) }

func (t *tour) speak(ctx context.Context) error {
	if err := os.WriteFile(t.file(manual+".pdf"), bicycle, 0o600); err != nil {
		return err
	}
	return speech.Speak(ctx, spoken, t.file(recording+".mp3"))
}

func (t *tour) startServer(ctx context.Context) (err error) {
	args := []string{"--addr", "127.0.0.1:0", "--data-dir", t.file("data"), "--temp-dir", t.dir, "--remote-conversion-enabled"}
	if t.Model != "" {
		args = append(args, "--embedder", "local", "--embedding-model", t.Model)
	}
	t.say("$ morag serve %s", strings.Join(args, " "))
	t.server, t.addr, err = program.StartServer(ctx, program.Config{
		Path: t.Program, Args: args, Dir: t.dir, Log: t.file("server.log"),
	}, t.file("address"))
	if err != nil {
		return err
	}
	t.watch("server", t.server)
	t.say("process %d answers at %s", t.server.PID(), t.addr)
	t.api, err = client.New(client.Config{BaseURL: t.addr, UserAgent: "morag-demo"})
	return err
}

func (t *tour) startWorker(context.Context) (err error) {
	args := []string{"worker", "--api-base-url", t.addr, "--worker-id", workerID, "--content-types", "audio", "--temp-dir", t.file("worker")}
	t.say("$ morag %s", strings.Join(args, " "))
	if err := os.Mkdir(t.file("worker"), 0o700); err != nil {
		return err
	}
	t.worker, err = program.Start(program.Config{Path: t.Program, Args: args, Dir: t.dir, Log: t.file("worker.log")})
	if err != nil {
		return err
	}
	t.watch("worker", t.worker)
	t.say("process %d", t.worker.PID())
	return nil
}

func (t *tour) ingestRecording(ctx context.Context) error {
	task, err := t.ingest(ctx, recording+".mp3", client.IngestOptions{Options: option.Options{DocumentID: recording, Remote: true, NoFallback: true}}, "remote")
	if err != nil {
		return err
	}
	if task.RemoteJobID == nil {
		return fmt.Errorf("task %s names no remote job", task.TaskID)
	}
	job, err := t.api.Job(ctx, *task.RemoteJobID)
	if err != nil {
		return err
	}
	if job.WorkerID == nil || *job.WorkerID != workerID {
		return fmt.Errorf("job %s was not converted by %s", job.ID, workerID)
	}
	t.say("converted by %s, process %d, as remote job %s", workerID, t.worker.PID(), job.ID)
	return nil
}

func (t *tour) ingestManual(ctx context.Context) error {
	if _, err := t.ingest(ctx, manual+".pdf", client.IngestOptions{Options: option.Options{DocumentID: manual}}, "local"); err != nil {
		return err
	}
	t.say("converted by the server, process %d", t.server.PID())
	return nil
}

// ingest uploads a file and waits until it is searchable.
func (t *tour) ingest(ctx context.Context, name string, o client.IngestOptions, method string) (wire.Task, error) {
	show, done := t.Progress("   " + name)
	defer done()
	o.ChunkSize, o.ChunkOverlap = chunkSize, new(int)
	start := time.Now()
	o.Progress = func(sent, total int64) { show(float64(sent)/float64(total), "uploading") }
	created, err := t.api.IngestFile(ctx, t.file(name), o)
	if err != nil {
		return wire.Task{}, err
	}
	uploaded := time.Since(start)
	task, err := t.api.WaitTask(ctx, created.TaskID, func(now wire.Task) { show(now.Progress, stage(now)) })
	done()
	if err != nil {
		return task, err
	}
	if task.Status != "SUCCESS" {
		return task, fmt.Errorf("task %s ended %s: %s", task.TaskID, task.Status, text(task.Error))
	}
	var result wire.TaskResult
	if err := json.Unmarshal(task.Result, &result); err != nil {
		return task, fmt.Errorf("result of task %s: %w", task.TaskID, err)
	}
	if result.ProcessingMethod != method {
		return task, fmt.Errorf("task %s was converted %s, not %s: %s", task.TaskID, result.ProcessingMethod, method, strings.Join(task.Warnings, "; "))
	}
	t.say("uploaded in %.2f s, converted in %.1f s (%s), %d characters in %d chunks", uploaded.Seconds(),
		result.ProcessingTime, result.ProcessingMethod, result.ContentLength, result.ChunksStored)
	return task, nil
}

func stage(task wire.Task) string {
	if message := text(task.Message); message != "" {
		return task.Stage + ": " + message
	}
	return task.Stage
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// compare prints the transcript and holds it against the text.
func (t *tour) compare(ctx context.Context) error {
	body, err := t.api.DocumentContent(ctx, recording)
	if err != nil {
		return err
	}
	defer body.Close()
	transcript, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(transcript)) {
		if line = strings.TrimSpace(line); line != "" {
			t.say("%s", line)
		}
	}
	rate := speech.WordErrorRate(spoken, string(transcript))
	t.say("word error rate %.1f %% against the text that was spoken", 100*rate)
	if rate > maxWordErrors {
		return fmt.Errorf("more than %.0f %% of the words are wrong", 100*maxWordErrors)
	}
	return nil
}

// search prints the hits; the best has to be from the expected document.
func (t *tour) search(ctx context.Context, question, document string) error {
	t.say("%s", question)
	limit := 3
	found, err := t.api.Search(ctx, wire.Search{Query: question, Limit: &limit})
	if err != nil {
		return err
	}
	for i, hit := range found.Results {
		t.say("%d. %s, part %d (score %.2f): %s", i+1, hit.DocumentID, hit.ChunkIndex+1, hit.Score, excerpt(hit.Content, question))
	}
	if len(found.Results) == 0 || found.Results[0].DocumentID != document {
		return fmt.Errorf("the first hit is not from %s", document)
	}
	return nil
}

// excerptLength is how many characters of a hit are shown.
const excerptLength = 160

// excerpt is the line or sentence of a hit that has most of the question's words.
func excerpt(content, question string) string {
	best, most := "", -1
	for part := range strings.FieldsFuncSeq(content, func(r rune) bool { return r == '\n' || r == '.' }) {
		shared := 0
		for word := range strings.FieldsSeq(strings.ToLower(strings.Trim(question, "?"))) {
			if strings.Contains(strings.ToLower(part), word) {
				shared++
			}
		}
		if shared > most {
			best, most = part, shared
		}
	}
	runes := []rune(strings.Join(strings.Fields(best), " "))
	if len(runes) > excerptLength {
		return string(runes[:excerptLength]) + "…"
	}
	return string(runes)
}
