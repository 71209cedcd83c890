package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"morag/internal/job"
)

// maxPassed bounds how many jobs one claim meets in vain: a disk that cannot be read
// must not cost a walk through the whole backlog.
const maxPassed = 100

// Claim implements [job.Store]. The claimed jobs are written at the same time, so
// that many cost little more than one.
func (s *Store) Claim(ctx context.Context, c job.Claimant, types []string, n int) ([]*job.Job, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("claim for %s: %w", c.WorkerID, err)
	}
	defer s.calls.Done()
	if c.WorkerID == "" {
		return nil, nil // without a worker there is no claim
	}

	// What could not be claimed is offered again in the end, so that it is not met twice.
	var passed []string
	defer func() {
		for _, id := range passed {
			s.letGo(id)
		}
	}()
	var claimed []*job.Job
	together := rand.Text()
	for len(claimed) < n && len(passed) < maxPassed {
		picked, failure := s.pick(named(c.WorkerID), types, n-len(claimed))
		for i, t := range s.claimAll(ctx, picked, c, together) {
			if t.err == nil {
				claimed = append(claimed, t.job)
				continue
			}
			passed = append(passed, picked[i].id)
			if !t.passable {
				failure = t.err
			}
		}
		if failure != nil && len(claimed) == 0 {
			return nil, fmt.Errorf("claim for %s: %w", c.WorkerID, failure)
		}
		if failure != nil {
			s.log.Warn("some jobs could not be claimed", "worker_id", c.WorkerID, "error", failure)
		}
		if failure != nil || len(picked) == 0 {
			break
		}
	}
	return claimed, nil
}

// pick takes up to n jobs that w may claim, best first, and holds them. Jobs that are
// being changed are left out; they are offered again when the change has ended.
func (s *Store) pick(w worker, types []string, n int) ([]*header, error) {
	now := micro(s.clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return nil, s.failure
	}
	s.turnAll(now)
	var picked []*header
	for len(picked) < n {
		h := s.index.pick(w, types, now)
		if h == nil {
			break
		}
		if _, busy := s.busy[h.id]; !busy {
			s.busy[h.id] = make(chan struct{})
			picked = append(picked, h)
		}
	}
	return picked, nil
}

// try is what has come of the claim of one job.
type try struct {
	job *job.Job
	err error
	// passable tells that the error is about this job only: another may do.
	passable bool
}

// claimAll claims jobs that are held, all at the same time.
func (s *Store) claimAll(ctx context.Context, picked []*header, c job.Claimant, together string) []try {
	tries := make([]try, len(picked))
	var wg sync.WaitGroup
	for i, h := range picked {
		if i == len(picked)-1 {
			tries[i] = s.claimOne(ctx, h, c, together) // this goroutine has nothing else to do
			break
		}
		wg.Go(func() { tries[i] = s.claimOne(ctx, h, c, together) })
	}
	wg.Wait()
	return tries
}

// claimOne claims a job that is held, and lets it go if that succeeds.
func (s *Store) claimOne(ctx context.Context, h *header, c job.Claimant, together string) try {
	if err := ctx.Err(); err != nil {
		return try{err: err}
	}
	j, err := s.load(h, readHead)
	if err != nil {
		if !errors.Is(err, job.ErrNotFound) {
			s.log.Error("job cannot be claimed", "job_id", h.id, "error", err)
		}
		return try{err: err, passable: true}
	}
	from := j.Status
	change := job.Change{Event: job.Claim, Now: s.clock.Now(), Key: c.Key, WorkerID: c.WorkerID, ClaimID: together, Lease: c.Lease}
	if err := s.policy.Apply(j, change); err != nil {
		return try{err: err, passable: true}
	}
	if err := s.commit(h, j, from); err != nil {
		return try{err: err}
	}
	s.letGo(h.id)
	return try{job: j}
}
