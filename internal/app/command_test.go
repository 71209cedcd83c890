package app_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

// transcript is what a speech program of one's own might print; `cat` prints it here.
const transcript = `{"language": "en", "segments": [
	{"start": 0, "end": 4, "text": "The ferry leaves at nine.", "speaker": "SPEAKER_00"},
	{"start": 61.5, "end": 66, "text": "Nobody knew where the lighthouse keeper was.", "speaker": "SPEAKER_01"}]}`

var ownCommand = config.Commands{"interview": {"cat", "{input}"}}

func TestOwnCommandOnTheServer(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Engines.Commands = ownCommand
	s := apptest.Start(t, settings)
	for _, strategy := range []string{"", "segment", "semantic", "page", "paragraph"} {
		result := ingest(t, s, write(t, "talk.rec", transcript+strings.Repeat(" ", len(strategy))), client.IngestOptions{
			Options:     option.Options{DocumentID: "talk", ReplaceExisting: true, ChunkingStrategy: strategy},
			ContentType: "interview",
		})
		tellsTheSecond(t, s, result.DocumentID)
	}
	result := ingest(t, s, write(t, "talk.rec", transcript), client.IngestOptions{Options: option.Options{DocumentID: "talk", ReplaceExisting: true}, ContentType: "interview"})
	if result.ProcessingMethod != "local" || result.Metadata.Get("engine") != "cat" {
		t.Errorf("result %+v", result)
	}
	tellsTheSecond(t, s, result.DocumentID)
}

func TestOwnCommandOnAWorker(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.RemoteContentTypes = append(settings.RemoteContentTypes, "interview")
	s := apptest.Start(t, settings)
	work(t, s, config.Worker{
		ContentTypes: []string{"interview"}, MaxConcurrentJobs: 1, WorkerID: "own",
		Engines: config.Engines{Commands: ownCommand, Timeout: config.Seconds(time.Minute)},
	})
	result := ingest(t, s, write(t, "talk.rec", transcript), client.IngestOptions{Options: option.Options{Remote: true}, ContentType: "interview"})
	if result.ProcessingMethod != "remote" {
		t.Errorf("result %+v", result)
	}
	tellsTheSecond(t, s, result.DocumentID)
}

// work runs a worker until the test ends.
func work(t *testing.T, s *apptest.Server, settings config.Worker) {
	t.Helper()
	settings.APIBaseURL, settings.PollInterval = s.URL, config.Seconds(time.Second)
	settings.Lease, settings.Wait = config.Seconds(time.Minute), config.Seconds(10*time.Second)
	settings.Engines.TempDir = t.TempDir()
	w, err := app.NewWorker(app.WorkerConfig{Settings: settings, Version: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("worker: %v", err)
		}
	})
}

// tellsTheSecond checks that a hit in a recording says where to jump to.
func tellsTheSecond(t *testing.T, s *apptest.Server, document string) {
	t.Helper()
	found, err := s.Search(t.Context(), wire.Search{Query: "lighthouse keeper"})
	if err != nil || len(found.Results) == 0 {
		t.Fatalf("found %+v, %v", found, err)
	}
	hit := found.Results[0]
	if hit.DocumentID != document || hit.Metadata.Get("end") != 66.0 || hit.Metadata.Get("start") == nil || !strings.Contains(hit.Content, "[00:01:01] Speaker_01: Nobody knew") {
		t.Errorf("hit %+v", hit)
	}
}

func TestWrongCommandStopsTheStart(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Engines.Commands = config.Commands{"interview": {"cat"}}
	if _, err := apptest.TryStart(t, settings); err == nil || !strings.HasPrefix(err.Error(), "MORAG_COMMANDS: interview has no argument {input}") {
		t.Errorf("error %v", err)
	}
}
