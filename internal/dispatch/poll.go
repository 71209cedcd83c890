package dispatch

import (
	"context"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
)

// The bounds of a poll; values outside are brought to the nearest.
const (
	MaxPollJobs = 100
	MaxWait     = 60 * time.Second
	MinLease    = 15 * time.Second
	MaxLease    = time.Hour
)

// maxEntering is how many polls ask the stores at a time, before they wait: enough to share
// an fsync, and few enough that a crowd does not need the memory of all of them at once.
const maxEntering = 256

// Poll is a worker's question for jobs.
type Poll struct {
	Key      string // the name of the worker's key, "" without keys
	WorkerID string
	Types    []string // normalised, not empty
	Max      int
	Wait     time.Duration // 0 returns at once
	Lease    time.Duration // 0 for none
	Version  string        // of the worker's program, for its listing
	// Ended, when it is closed, ends the wait; nil never does.
	Ended <-chan struct{}
}

func (p *Poll) clamp() {
	p.Max = min(max(p.Max, 1), MaxPollJobs)
	p.Wait = min(max(p.Wait, 0), MaxWait)
	if p.Lease > 0 {
		p.Lease = min(max(p.Lease, MinLease), MaxLease).Truncate(time.Second)
	}
}

// Poll hands out up to p.Max jobs, waiting for the first one up to p.Wait. When ctx
// ends first, nothing stays claimed. [ErrWorkerTaken] when the worker is another key's.
// The caller must call [Service.Undelivered] with jobs whose answer it could not write.
func (s *Service) Poll(ctx context.Context, p Poll) ([]*job.Job, error) {
	p.clamp()
	var w *waiter
	var jobs []*job.Job
	var err error
	// Asking the stores takes more stack than waiting, and thousands wait.
	if left := s.apart.Run(ctx, func() { w, jobs, err = s.enter(ctx, &p) }); left != nil {
		return nil, nil // as when it leaves while it waits
	}
	if w == nil {
		return jobs, err
	}
	s.metrics.PollWaits(1)
	defer s.metrics.PollWaits(-1)
	timer := time.NewTimer(p.Wait)
	defer timer.Stop()
	select {
	case jobs := <-w.got:
		s.waiters.leave(w)
		return s.requeueIfGone(ctx, jobs), nil
	case <-timer.C:
	case <-ctx.Done():
	case <-p.Ended:
	case <-s.closing:
	}
	if s.waiters.leave(w) {
		s.sightings.see(p.Key, p.WorkerID, nil, "")
		return nil, nil
	}
	return s.requeueIfGone(ctx, <-w.got), nil
}

// enter claims what there is, and otherwise puts the poll in the line if it waits; without
// a place there the poll is over.
func (s *Service) enter(ctx context.Context, p *Poll) (w *waiter, jobs []*job.Job, err error) {
	mayWork, err := s.meet(ctx, *p)
	if err != nil {
		return nil, nil, err
	}
	if mayWork {
		if jobs, err = s.claim(ctx, *p); err != nil || len(jobs) > 0 {
			return nil, jobs, err
		}
	}
	if p.Wait <= 0 {
		return nil, nil, nil
	}
	w = s.waiters.join(ctx, p, mayWork)
	s.offerPending(ctx, p.Types)
	return w, nil, nil
}

// offerPending lets waiting polls try to claim, if anything is pending: a job may have
// come between a poll's own claim and its place in the line.
func (s *Service) offerPending(ctx context.Context, types []string) {
	if n, err := s.store.Pending(ctx, ""); err == nil && n == 0 {
		return
	}
	for _, t := range types {
		s.offer(t, nil)
	}
}

// requeueIfGone requeues the jobs of a claim when the caller has gone meanwhile.
func (s *Service) requeueIfGone(ctx context.Context, jobs []*job.Job) []*job.Job {
	if ctx.Err() != nil {
		s.Undelivered(ctx, jobs)
		return nil
	}
	return jobs
}

// Undelivered requeues at once jobs whose claim was never told, also when ctx has
// ended with the connection that broke.
func (s *Service) Undelivered(ctx context.Context, jobs []*job.Job) {
	ctx = context.WithoutCancel(ctx)
	for _, j := range jobs {
		_, _, err := s.update(ctx, j.ID, job.Change{Event: job.Unconfirmed, WorkerID: j.WorkerID, Attempt: j.Attempt})
		if err != nil {
			s.log.Warn("job not requeued", "job_id", j.ID, "worker_id", j.WorkerID, "err", err)
		}
	}
}

func (s *Service) claim(ctx context.Context, p Poll) ([]*job.Job, error) {
	if ctx.Err() != nil {
		return nil, nil
	}
	// Once begun, a claim is finished even if the client leaves: it is requeued
	// by name then, not left to a time-out.
	ctx = context.WithoutCancel(ctx)
	start := s.now()
	jobs, err := s.store.Claim(ctx, job.Claimant{Key: p.Key, WorkerID: p.WorkerID, Lease: p.Lease}, p.Types, p.Max)
	if err != nil {
		return nil, err
	}
	if len(jobs) > 0 {
		s.metrics.Claimed(s.now().Sub(start))
		if s.sightings.unknown(p.WorkerID) {
			s.writeSightings(ctx) // who holds a job is known to every server
		}
	}
	for _, j := range jobs {
		s.observe(ctx, j)
	}
	return jobs, nil
}

func (s *Service) offerWoken(ctx context.Context) {
	for hint := range s.store.Wake(ctx) {
		if hint.WorkerID == "" {
			s.offer(hint.ContentType, nil)
		} else {
			s.offerTo(hint.ContentType, hint.WorkerID)
		}
	}
}

// offer lets the oldest waiter of the type try to claim. tried are the workers that
// have just found nothing.
func (s *Service) offer(contentType string, tried []string) {
	if w := s.waiters.pick(contentType, "", tried); w != nil {
		s.serve(contentType, w, tried)
	}
}

// offerTo lets the oldest waiting poll of one worker try to claim.
func (s *Service) offerTo(contentType, worker string) {
	if w := s.waiters.pick(contentType, worker, nil); w != nil {
		s.serve(contentType, w, []string{worker})
	}
}

// readmit lets the polls of workers that are given jobs again try to claim: the store
// says so at once when that happens through it, and is asked now and then besides, for
// what happens by another or by time. It ends with ctx.
func (s *Service) readmit(ctx context.Context) {
	freed := s.fleet.Wake(ctx)
	look := time.NewTicker(fleet.SightingEvery)
	defer look.Stop()
	for {
		select {
		case <-freed:
		case <-look.C:
		case <-ctx.Done():
			return
		}
		ids := s.waiters.excluded()
		if len(ids) == 0 {
			continue
		}
		found, now, err := s.fleet.Find(ctx, ids...)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("look for workers that are given jobs again", "err", err)
			}
			continue
		}
		for _, id := range ids {
			if w := found[id]; w.MayWork(now) {
				for _, t := range s.waiters.admit(id) {
					s.offerTo(t, id)
				}
			}
		}
	}
}

// given tells whether a worker is given jobs now, whatever was known before.
func (s *Service) given(ctx context.Context, worker string) (bool, error) {
	found, now, err := s.fleet.Find(ctx, worker)
	w := found[worker]
	return w.MayWork(now), err
}

// serve claims for a waiting poll that was picked.
func (s *Service) serve(contentType string, w *waiter, tried []string) {
	s.serving.Go(func() {
		given, err := s.given(w.ctx, w.poll.WorkerID)
		if err == nil && !given {
			s.waiters.bar(w)
			s.offer(contentType, tried)
			return
		}
		var jobs []*job.Job
		if err == nil {
			jobs, err = s.claim(w.ctx, *w.poll)
		}
		if err != nil && w.ctx.Err() == nil {
			s.log.Warn("claim for a waiting poll", "worker_id", w.poll.WorkerID, "err", err)
		}
		s.waiters.endClaim(w, jobs)
		if len(jobs) > 0 {
			// A hint may stand for many jobs: each success wakes two more, so a burst is
			// handed out in a logarithmic number of rounds and the last finds nothing.
			s.offer(contentType, nil)
			s.offer(contentType, nil)
			return
		}
		// What this worker may not have (it released it, or it is meant for
		// another) the next one may; a second refusal says that nothing is there.
		if err == nil && len(tried) == 0 {
			s.offer(contentType, []string{w.poll.WorkerID})
		}
	})
}
