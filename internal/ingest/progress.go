package ingest

import "sync"

// progress is how far local conversions are. It lives in memory: a percentage is
// not worth a write.
type progress struct {
	mu sync.Mutex
	by map[string]step
}

type step struct {
	done    float64
	message string
}

func newProgress() *progress { return &progress{by: map[string]step{}} }

func (p *progress) set(id string, done float64, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by[id] = step{done, message}
}

func (p *progress) get(id string) (step, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.by[id]
	return s, ok
}

func (p *progress) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, id)
}
