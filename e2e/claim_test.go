package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"morag/internal/client"
	"morag/internal/wire"
)

// TestEachJobIsHandedOutOnce has many workers poll for many jobs at once.
func TestEachJobIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	const jobs, pollers = 2000, 16
	sources := t.TempDir()
	source := filepath.Join(sources, "talk.mp3")
	if err := os.WriteFile(source, []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--source-dirs", sources)

	var mu sync.Mutex
	created, handed := map[string]bool{}, map[string]int{} // mu guards both
	crowd(t, pollers, func(ctx context.Context, n int) error {
		for i := n; i < jobs; i += pollers {
			job, err := s.CreateJob(ctx, wire.JobCreate{SourceFilePath: source, ContentType: "audio", IngestionTaskID: fmt.Sprintf("task-%d", i)})
			if err != nil {
				return err
			}
			mu.Lock()
			created[job.JobID] = true
			mu.Unlock()
		}
		return nil
	})
	if len(created) != jobs {
		t.Fatalf("%d jobs created", len(created))
	}
	crowd(t, pollers, func(ctx context.Context, n int) error {
		for {
			// Some ask for one job, some for several.
			found, err := s.Poll(ctx, client.Poll{WorkerID: fmt.Sprintf("poller-%d", n), ContentTypes: []string{"audio"}, MaxJobs: 1 + n%3})
			if err != nil || len(found.Jobs) == 0 {
				return err
			}
			mu.Lock()
			for _, job := range found.Jobs {
				handed[*job.JobID]++
			}
			mu.Unlock()
		}
	})
	for id, times := range handed {
		if times != 1 || !created[id] {
			t.Errorf("job %s was handed out %d times", id, times)
		}
	}
	if len(handed) != jobs {
		t.Errorf("%d of %d jobs were handed out", len(handed), jobs)
	}
}

// crowd runs n at the same time.
func crowd(t testing.TB, n int, do func(ctx context.Context, n int) error) {
	t.Helper()
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			if err := do(t.Context(), i); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	group.Wait()
}
