package e2e

import (
	"testing"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/speech"
)

// TestWorkerTranscribesSpeech: what was spoken comes back, through a worker.
func TestWorkerTranscribesSpeech(t *testing.T) {
	t.Parallel()
	mp3 := must[string](t)(recorded())
	s := serve(t)
	worker := work(t, s.url, t.TempDir())
	created, err := s.IngestFile(t.Context(), mp3, client.IngestOptions{Options: option.Options{Remote: true, NoFallback: true}})
	if err != nil {
		t.Fatal(err)
	}
	result := s.succeeded(created.TaskID)
	if result.ProcessingMethod != "remote" || result.DocumentID != created.DocumentID || result.ChunksStored == 0 {
		t.Errorf("result %+v", result)
	}
	if d, _ := result.Metadata.Get("duration").(float64); d < 30 {
		t.Errorf("duration %v s, want 30 or more", result.Metadata.Get("duration"))
	}
	transcript := s.text(created.DocumentID)
	if rate := speech.WordErrorRate(must[string](t)(spoken()), transcript); rate > 0.15 {
		t.Errorf("word error rate %.3f:\n%s", rate, transcript)
	}
	if !s.finds("teacher from California", created.DocumentID) {
		t.Error("a search for what was said does not find it")
	}
	if err := worker.Stop(startTime); err != nil {
		t.Errorf("stop the worker: %v", err)
	}
	if err := s.child.Stop(startTime); err != nil {
		t.Errorf("stop the server: %v", err)
	}
}
