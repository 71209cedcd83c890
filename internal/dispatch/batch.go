package dispatch

import (
	"sync"

	"morag/internal/job"
)

// batches remembers which jobs left in the same answer: a sign of life for one
// shows that all of them arrived.
type batches struct {
	mu   sync.Mutex
	with map[string][]*job.Job // by job id, only for answers of several jobs
}

func newBatches() *batches { return &batches{with: map[string][]*job.Job{}} }

func (b *batches) add(jobs []*job.Job) {
	if len(jobs) < 2 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range jobs {
		b.with[j.ID] = jobs
	}
}

// take answers the jobs that left together with id and forgets the answer.
func (b *batches) take(id string) []*job.Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	jobs := b.with[id]
	for _, j := range jobs {
		delete(b.with, j.ID)
	}
	return jobs
}

// peek answers the jobs that left together with id.
func (b *batches) peek(id string) []*job.Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.with[id]
}

func (b *batches) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.with, id)
}
