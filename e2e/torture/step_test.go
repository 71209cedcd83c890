package torture

import (
	"context"
	"fmt"
	"testing"
	"time"

	"morag/internal/wire"
)

// stepTime is how long one step of a test may take on a busy machine.
const stepTime = time.Minute

// makeJobs creates jobs one after the other and returns their ids.
func (w *world) makeJobs(t *testing.T, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.makeJob(t, wire.JobCreate{SourceFilePath: w.sources[1].path, IngestionTaskID: fmt.Sprintf("made-by-hand-%d", i)})
	}
	return ids
}

func (w *world) makeJob(t *testing.T, job wire.JobCreate) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	job.ContentType = "document"
	c, _, err := w.post(ctx, jobsPath, "", job)
	if err != nil || !c.acknowledged() {
		t.Fatalf("create: %v %+v", err, c)
	}
	return c.ID
}

// record returns a job as the server shows it, nil when it does not.
func (w *world) record(t *testing.T, id string) *wire.JobRecord {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	if w.raw(ctx, jobsPath+"/"+id) == nil {
		return nil
	}
	var j wire.JobRecord
	if err := w.get(ctx, jobsPath+"/"+id, &j); err != nil {
		t.Fatal(err)
	}
	return &j
}

// claimOne polls until there is a job.
func (w *world) claimOne(t *testing.T, worker string) grant {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	for {
		held, err := w.claim(ctx, worker, 1, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(held) > 0 {
			return held[0]
		}
	}
}

// byHand is a worker that does one thing after the other.
func (w *world) byHand() *actor { return &actor{world: w, name: "by-hand", choose: random(6)} }

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			t.Fatalf("waited %s in vain: %s", stepTime, what)
		}
		pause(ctx, 20*time.Millisecond)
	}
}
