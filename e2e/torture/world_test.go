package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// subject is what is driven and judged: a server, or several that share what they keep.
type subject interface {
	base() string
	start()
	stop() error         // as its operator would
	crash()              // all of it, which is then started again
	alive()              // fails the test when some of it has ended by itself
	records(e *evidence) // of the jobs as they are stored, while nothing runs
	age()                // all that was uploaded, while nothing runs: who uses it by then does
	blobs(e *evidence)   // as they are stored
	logged(words ...string) string
}

// world is a server and what its clients know together.
type world struct {
	*server
	subject subject // the server, or the several of which it is one
	*client
	history *history
	sources []source // files that were there before the server
	names   []string // of workers
	hooks   *receiver
	long    float64 // how many of the results are long
	rest    int     // milliseconds at most between two things that a client does

	mu     sync.Mutex // guards what is below
	made   []string   // jobs that are known to be there
	tasks  []string   // tasks that are known to be there
	grants []grant    // what workers have been given and put aside
}

// source is a file that jobs are made for.
type source struct {
	path    string
	content []byte
}

// grant is an attempt at a job that a worker was given.
type grant struct {
	job, worker string
	attempt     int
	url         string // of the download
	size        int64
	digest      string // of the source, "" when the server does not know it
	leased      bool
}

// workers is how many different workers there are. Some share a name, as a worker
// does with itself after a restart.
const workers = 6

// maxRemembered bounds what is remembered to be asked about again: the newest count.
const maxRemembered = 400

func newWorld(t testing.TB, s *server) *world {
	h := newHistory()
	w := &world{server: s, subject: s, client: newClient(s.base(), h), history: h, hooks: newReceiver(t, h), long: 0.05, rest: 20}
	choose := random(0)
	for i, size := range []int{1, 100, 4 << 10, 64 << 10, 300 << 10} {
		content := make([]byte, size)
		for n := range content {
			content[n] = byte(choose.Uint32())
		}
		w.sources = append(w.sources, source{s.write(fmt.Sprintf("source-%d", i), content), content})
	}
	for i := range workers {
		w.names = append(w.names, fmt.Sprintf("worker-%d", i))
	}
	t.Logf("seed %d: go test ./e2e/torture -run %s -seed %d", *seed, t.Name(), *seed)
	return w
}

// know adds an id to a list that others choose from.
func (w *world) know(ids *[]string, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*ids = append(*ids, id)
	*ids = (*ids)[max(0, len(*ids)-maxRemembered):]
}

// putAside lets other clients use a grant: to send it late, or twice.
func (w *world) putAside(g grant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.grants = append(w.grants, g)
	w.grants = w.grants[max(0, len(w.grants)-maxRemembered):]
}

// pick chooses one of what is known, mostly of the newest; false when there is none.
func pick[T any](w *world, choose *rand.Rand, from *[]T) (one T, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(*from)
	if n == 0 {
		return one, false
	}
	recent := min(n, 20)
	if choose.IntN(4) == 0 {
		recent = n
	}
	return (*from)[n-1-choose.IntN(recent)], true
}

// pause waits, less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// actor is one client with a mind of its own.
type actor struct {
	*world
	name   string
	choose *rand.Rand
	count  int // of what it has made
}

// act lets a crowd do at random what clients do, until ctx ends.
func (w *world) act(ctx context.Context) {
	var crowd sync.WaitGroup
	who := uint64(100)
	join := func(name string, step func(*actor, context.Context)) {
		who++
		a := &actor{world: w, name: fmt.Sprintf("%s-%d", name, who), choose: random(who)}
		crowd.Go(func() {
			for ctx.Err() == nil {
				step(a, ctx)
				pause(ctx, time.Duration(a.choose.IntN(a.rest))*time.Millisecond)
			}
		})
	}
	for range 2 {
		join("creator", (*actor).make)
	}
	join("uploader", (*actor).upload)
	for i := range workers + 2 {
		hand := &worker{name: w.names[i%workers]}
		join(hand.name, func(a *actor, ctx context.Context) { a.work(ctx, hand) })
	}
	for range 3 {
		join("operator", (*actor).operate)
	}
	join("observer", (*actor).observe)
	crowd.Wait()
}

// chance is true with probability p.
func (a *actor) chance(p float64) bool { return a.choose.Float64() < p }

// until sends the same request again until it is answered; once, if it is not
// allowed to be sent again.
func (a *actor) until(ctx context.Context, again bool, send func() (*call, error)) *call {
	for {
		c, err := send()
		if err == nil || !again && err != errUnsent || ctx.Err() != nil {
			return c
		}
		pause(ctx, 30*time.Millisecond)
	}
}
