package maintain

import (
	"context"
	"errors"
	"sync"
	"time"
)

// duty is one piece of upkeep. It is done in pages, each short and harmless when done
// twice.
type duty struct {
	name  string
	every time.Duration
	// page does the page at cursor, "" for the first, and returns where to go on. When
	// more is false the duty is done for now, and the cursor is where it begins next
	// time.
	page func(ctx context.Context, cursor string) (next string, more bool, err error)
}

// Times of leases: a page takes no more than leaseTime as a rule, and whether a duty is
// due is looked at every look.
const (
	leaseTime = time.Minute
	look      = 15 * time.Second
)

// duties lists all there are.
func (s *Service) duties() []duty {
	all := []duty{s.endedJobs(), s.oldSecrets(), s.orphanedFiles(), s.unheardEnds()}
	if s.uploads != nil {
		all = append(all, s.oldUploads())
	}
	return all
}

// Run does the duties that are due and that no other server has in hand, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, d := range s.duties() {
		running.Go(func() { s.attend(ctx, d) })
	}
	running.Wait()
}

// attend does one duty whenever it is due.
func (s *Service) attend(ctx context.Context, d duty) {
	ticker := time.NewTicker(min(d.every, look))
	defer ticker.Stop()
	for {
		err := s.do(ctx, d)
		if err != nil && !errors.Is(err, ErrLost) && ctx.Err() == nil {
			s.log.Error("maintenance", "duty", d.name, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// do does a duty if it is due and its lease can be had. It stops when that is lost. What
// fails is due again at its time, so that it does not fail without a pause.
func (s *Service) do(ctx context.Context, d duty) error {
	l, ok, err := s.leases.Take(ctx, d.name, s.holder, leaseTime)
	if err != nil || !ok {
		return err
	}
	for {
		next, more, failed := d.page(ctx, l.Cursor)
		l.Cursor = next
		if failed != nil || !more {
			// A server that stops gives the duty away at once.
			wait := d.every
			if ctx.Err() != nil {
				wait = 0
			}
			return errors.Join(failed, s.leases.Done(context.WithoutCancel(ctx), l, wait))
		}
		if err := s.leases.Keep(ctx, l, leaseTime); err != nil {
			return err
		}
	}
}
