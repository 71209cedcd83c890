package apptest

import (
	"slices"
	"sync"
)

// maxFindings is how many are told: one mistake may show in every answer.
const maxFindings = 20

// findings are the first answers that were not as documented.
type findings struct {
	mu    sync.Mutex
	first []error
}

func (f *findings) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.first) < maxFindings {
		f.first = append(f.first, err)
	}
}

func (f *findings) all() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.first)
}
