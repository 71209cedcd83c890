package api

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"morag/internal/recent"
	"morag/internal/share"
)

// maxPaced is how many callers' pace is remembered, those that asked last.
const maxPaced = 10_000

// pace bounds how often each caller may ask: perSecond on average, and a burst of two
// seconds' worth. The zero perSecond is no bound. It is safe for concurrent use.
type pace struct {
	perSecond float64
	mu        sync.Mutex
	callers   *recent.Map[*rate.Limiter]
}

func newPace(perSecond float64) *pace {
	return &pace{perSecond: perSecond, callers: recent.NewMap[*rate.Limiter](maxPaced)}
}

// take counts one request of the caller. It is 429 with the time to wait when that was
// one too many, and then the request is not counted.
func (p *pace) take(caller string, now time.Time) error {
	if p.perSecond <= 0 {
		return nil
	}
	r := p.of(caller).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	slow := *errTooFast
	slow.RetryAfter = int(math.Ceil(wait.Seconds()))
	return &slow
}

var errTooFast = &Problem{Status: http.StatusTooManyRequests, Detail: "too many requests: slow down"}

func (p *pace) of(caller string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, known := p.callers.Get(caller)
	if !known {
		l = rate.NewLimiter(rate.Limit(p.perSecond), max(int(2*p.perSecond), 1))
		p.callers.Set(caller, l)
	}
	return l
}

// slotWait is how long a request waits for a place: a crowd that comes at once passes, and
// nobody waits for those that are slow.
const slotWait = 10 * time.Second

// slots bounds how many requests do something at a time, fairly: no caller has more than it
// leaves free, and whoever has fewest is next. It is safe for concurrent use.
type slots struct {
	places *share.Places
	wait   time.Duration
}

func newSlots(n int) *slots {
	return &slots{share.NewPlaces(share.Config{Places: n, Spare: true}), slotWait}
}

// take waits for a slot for the caller, "" being one that has no bound of its own. It is
// 503 when none is free in time, and ctx's error when that ends first; free gives the slot
// back.
func (s *slots) take(ctx context.Context, caller, what string) (free func(), err error) {
	patient, stop := context.WithTimeout(ctx, s.wait)
	defer stop()
	free, err = s.places.Take(patient, caller)
	if err != nil && ctx.Err() == nil {
		return nil, &Problem{Status: http.StatusServiceUnavailable, Detail: "too many " + what + " at a time", RetryAfter: retryLater}
	}
	return free, err
}
