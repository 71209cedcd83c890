package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/job"
)

// errOff is what every operation returns after the power has gone.
var errOff = errors.New("power is off")

// ledger is what a client has been told about jobs, and what it does not know.
type ledger struct {
	mu    sync.Mutex
	known map[string]*job.Job // newest acknowledged state; nil after a Delete
	alive map[string]*job.Job // state before heartbeats, which may be forgotten
	open  map[string]bool     // a call about the job has not been answered
	heard map[string]bool     // by ClaimID: a heartbeat may have confirmed all of them
}

func newLedger() *ledger {
	return &ledger{known: map[string]*job.Job{}, alive: map[string]*job.Job{}, open: map[string]bool{}, heard: map[string]bool{}}
}

func (l *ledger) begin(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[id] = true
}

// sent notes that a heartbeat for j is sent, and so for all that was claimed with it.
func (l *ledger) sent(j *job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard[j.ClaimID] = j.ClaimID != ""
}

// confirmed tells whether got is want after another of its claim was heard of.
func (l *ledger) confirmed(got, want *job.Job, open bool) bool {
	if !l.heard[want.ClaimID] || want.Status != job.Processing || !want.ConfirmedAt.IsZero() {
		return false
	}
	return got.Revision == want.Revision+1 && !got.ConfirmedAt.IsZero() || open && got.Revision == want.Revision+2
}

// end notes an answer; a call that failed for want of power stays open.
func (l *ledger) end(id string, j *job.Job, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(err, errOff) || errors.Is(err, job.ErrUnavailable) {
		return
	}
	delete(l.open, id)
	if err == nil {
		l.known[id] = j
		delete(l.alive, id)
	}
}

// play does random calls about a few jobs until one fails because the power is off.
func (l *ledger) play(s *Store, chance *rand.Rand, me string, calls int) {
	ctx := context.Background()
	for range calls {
		id := fmt.Sprint(me, "-", chance.IntN(3))
		j, err := s.Get(ctx, id)
		switch {
		case errors.Is(err, job.ErrNotFound):
			l.begin(id)
			j, err = s.Create(ctx, job.Spec{ID: id, ContentType: me, SourceFilePath: "blob:x"})
			l.end(id, j, err)
		case err != nil:
		case j.Status == job.Pending && chance.IntN(3) > 0:
			err = l.claim(s, me, chance)
		case j.Status == job.Processing && chance.IntN(4) == 0:
			err = l.beat(s, j)
		case j.Status.Terminal() && chance.IntN(2) == 0:
			l.begin(id)
			err = s.Delete(ctx, id)
			l.end(id, nil, err)
		default:
			l.begin(id)
			c := randomChange(chance, j)
			if c.Event.Heard() {
				l.sent(j)
			}
			j, err = s.Update(ctx, id, c)
			l.end(id, j, err)
		}
		if errors.Is(err, errOff) || errors.Is(err, job.ErrUnavailable) {
			return
		}
	}
}

func randomChange(chance *rand.Rand, j *job.Job) job.Change {
	switch chance.IntN(8) {
	case 0:
		return job.Change{Event: job.Fail, Attempt: j.Attempt, Digest: "bad", Message: "no", Final: chance.IntN(2) == 0}
	case 1:
		return job.Change{Event: job.Release, Attempt: j.Attempt}
	case 2:
		return job.Change{Event: job.Cancel}
	case 3:
		return job.Change{Event: job.Retry}
	case 4:
		return job.Change{Event: job.Reassign, Assignee: "w2"}
	case 5:
		return job.Change{Event: job.Confirm, Attempt: j.Attempt}
	}
	return job.Change{Event: job.Succeed, Attempt: j.Attempt, Digest: "good", Result: json.RawMessage(fmt.Sprintf(`"result of %s"`, j.ID))}
}

// claim claims some of its own type; while that is not answered, any may be claimed.
func (l *ledger) claim(s *Store, me string, chance *rand.Rand) error {
	l.mu.Lock()
	for id := range l.known {
		if len(id) > len(me) && id[:len(me)+1] == me+"-" {
			l.open[id] = true
		}
	}
	l.mu.Unlock()
	jobs, err := s.Claim(context.Background(), job.Claimant{WorkerID: "w1"}, []string{me}, 1+chance.IntN(2))
	off := s.Health() != nil || errors.Is(err, errOff)
	for _, j := range jobs {
		l.end(j.ID, j, nil)
	}
	if off {
		return errOff
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.known {
		if len(id) > len(me) && id[:len(me)+1] == me+"-" {
			delete(l.open, id)
		}
	}
	return err
}

func (l *ledger) beat(s *Store, j *job.Job) error {
	l.sent(j)
	after, err := s.Alive(context.Background(), j.ID, job.Beat{})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive[j.ID] == nil {
		l.alive[j.ID] = l.known[j.ID]
	}
	l.known[j.ID] = after
	return nil
}

// check compares a store that was opened after the failure with what was told.
func (l *ledger) check(t *testing.T, s *Store, when string) {
	t.Helper()
	for id, want := range l.known {
		got, err := s.Get(context.Background(), id)
		switch {
		case errors.Is(err, job.ErrNotFound):
			if want != nil && !(l.open[id] && want.Status.Terminal()) {
				t.Fatalf("%s: job %s is gone, last seen %s at revision %d", when, id, want.Status, want.Revision)
			}
			continue
		case err != nil:
			t.Fatalf("%s: Get %s: %v", when, id, err)
		case want == nil && l.open[id]:
			continue // deleted, and then perhaps created anew
		case want == nil:
			t.Fatalf("%s: job %s is back after its removal, %s at revision %d", when, id, got.Status, got.Revision)
		}
		if got.Revision == want.Revision && same(got, want) || l.open[id] && got.Revision == want.Revision+1 {
			continue
		}
		if l.confirmed(got, want, l.open[id]) {
			continue
		}
		if before := l.alive[id]; before != nil && (same(got, before) || l.open[id] && got.Revision == before.Revision+1) {
			continue
		}
		t.Fatalf("%s: job %s is %s at revision %d, was acknowledged as %s at %d (call open: %v)",
			when, id, got.Status, got.Revision, want.Status, want.Revision, l.open[id])
	}
	for id := range l.known {
		j, err := s.Get(context.Background(), id)
		if err != nil || j.Status != job.Completed {
			continue
		}
		if result, err := s.Result(context.Background(), id); err != nil || string(result) != fmt.Sprintf(`"result of %s"`, id) {
			t.Fatalf("%s: result of %s is %s, %v", when, id, result, err)
		}
	}
}

func same(a, b *job.Job) bool {
	x, _ := a.MarshalJSON()
	y, _ := b.MarshalJSON()
	return string(x) == string(y)
}

// cutAt lets n operations happen and no more. cut tells whether there were more.
func cutAt(n int64) (before func(op, name string) error, cut func() bool) {
	var done atomic.Int64
	before = func(string, string) error {
		if done.Add(1) > n {
			return errOff
		}
		return nil
	}
	return before, func() bool { return done.Load() > n }
}

// TestPowerLossAtEveryOperation plays the same calls again and again and stops the
// disk one operation later each time. What was acknowledged must be there, whether
// only the process died or everything that was not synced is left to chance.
func TestPowerLossAtEveryOperation(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("calls ", seed), func(t *testing.T) {
			t.Parallel()
			for k := int64(0); ; k++ {
				d, l := newSimDisk(), newLedger()
				s := d.open(t, Config{Now: ticking()})
				before, cut := cutAt(k)
				d.watch(before)
				l.play(s, rand.New(rand.NewPCG(seed, 1)), "a", 30)
				s.Close()
				survive(t, d, l, k)
				if !cut() {
					break
				}
			}
		})
	}
}

func survive(t *testing.T, d *simDisk, l *ledger, k int64) {
	t.Helper()
	s := d.afterKill().open(t, Config{Now: ticking()})
	l.check(t, s, fmt.Sprintf("killed after operation %d", k))
	s.Close()
	for n := range uint64(4) {
		s := d.afterPowerLoss(rand.New(rand.NewPCG(n, uint64(k)))).open(t, Config{Now: ticking()})
		l.check(t, s, fmt.Sprintf("power lost after operation %d, outcome %d", k, n))
		s.Close()
	}
}

// TestPowerLossUnderLoad does the same while several clients share syncs of folders.
func TestPowerLossUnderLoad(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		d, l := newSimDisk(), newLedger()
		s := d.open(t, Config{Now: time.Now})
		k := int64(seed*seed) % 1500
		before, _ := cutAt(k)
		d.watch(before)
		var playing sync.WaitGroup
		for c := range 6 {
			playing.Go(func() { l.play(s, rand.New(rand.NewPCG(seed, uint64(c))), fmt.Sprint("client", c), 60) })
		}
		playing.Wait()
		s.Close()
		survive(t, d, l, k)
	}
}
