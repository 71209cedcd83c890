package jail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

// Dial is how a parent connects for a child that converts a source of the type. A service
// is what the operator has configured; anything else is what a stranger has named. What it
// answers must have a file, as TCP connections have.
type Dial func(ctx context.Context, contentType, network, address string, service bool) (net.Conn, error)

// Config says what the children are and what they may take. Fields without a default named
// must be set.
type Config struct {
	// Command is the program with its arguments that calls [Child.Serve].
	Command []string
	// Settings are handed to [Child.Make].
	Settings []byte
	// Sentinels are the same as those of the child.
	Sentinels Sentinels
	// Dir is where the pool makes its folder, "" for the system's for temporary files. On
	// the disk of the sources they need not be copied.
	Dir string
	// Size is how many children are kept for the next conversions (1). More run when more
	// is converted at a time.
	Size int

	// Memory in bytes of a conversion and all its engines together (2 GiB).
	Memory int64
	// Scratch in bytes that all conversions may use together, if there are Size of them:
	// each may use its part (20 GiB).
	Scratch int64
	// Timeout of a conversion; 0 leaves it to [Deadline].
	Timeout time.Duration

	// Read are files and folders that children may read besides the system's; a source
	// among them is not copied.
	Read []string
	// Env are variables of the children besides those that every program gets.
	Env []string
	// Dial makes their connections; nil for none.
	Dial Dial
	// Open are content types that the operator has given programs of his own: they keep
	// within the deadline, and no wall but those bounds is around them.
	Open map[string]Open
	// Without are walls that are left out, for tests of what is left then.
	Without Wall

	Log *slog.Logger // slog.Default()
}

// Open is what the operator's own program may take.
type Open struct {
	Timeout time.Duration
	Env     []string
}

// Pool converts in processes of its own. It is safe for concurrent use.
type Pool struct {
	Config
	root *root

	mu     sync.Mutex
	idle   map[class][]*child
	all    map[*child]struct{}
	set    int  // the first of namespaceSets that this machine gives
	warm   bool // a child that is missing is replaced before it is needed
	closed bool
	over   chan struct{}
	starts sync.WaitGroup // of what Close waits for
}

// class is what a child may do; it does not change in its lifetime.
type class string

const (
	sealed class = "sealed" // files only
	asking class = "asking" // what is at addresses
	free   class = "free"   // the operator's own programs
)

// maxJobs is how many conversions a child does before another takes its place.
const maxJobs = 100

// ErrClosed: the pool is closed.
var ErrClosed = errors.New("no conversions any more")

// New makes a pool. Close it.
func New(c Config) (*Pool, error) {
	if c.Size <= 0 {
		c.Size = 1
	}
	if c.Memory <= 0 {
		c.Memory = 2 << 30
	}
	if c.Scratch <= 0 {
		c.Scratch = 20 << 30
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Sentinels = c.Sentinels.withCommon()
	r, err := openRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	p := &Pool{Config: c, root: r, idle: map[class][]*child{}, all: map[*child]struct{}{}, over: make(chan struct{})}
	p.starts.Go(func() { p.sweepLoop(p.over) })
	if c.Without.has(Namespaces) {
		p.set = len(namespaceSets) - 1
	}
	return p, nil
}

// WarmUp has the children that are kept started before they are needed, now and whenever
// one is missing. It does not wait for them: one comes after the other, so that whoever
// has just started keeps most of the machine.
func (p *Pool) WarmUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.warm = true
	p.later(sealed, p.Size)
}

// Close ends every conversion and every child, and removes what they wrote.
func (p *Pool) Close() {
	p.mu.Lock()
	if !p.closed {
		close(p.over)
	}
	p.closed = true
	all := slices.Collect(maps.Keys(p.all))
	p.mu.Unlock()
	for _, c := range all {
		c.kill()
	}
	for _, c := range all {
		p.discard(c)
	}
	p.starts.Wait()
	p.root.close()
}

// sweepEvery is how often what dead pools have left beside this one is removed.
const sweepEvery = time.Hour

func (p *Pool) sweepLoop(over <-chan struct{}) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			sweep(p.root.parent())
		case <-over:
			return
		}
	}
}

// Wrap is c with its conversions done by the pool.
func (p *Pool) Wrap(c convert.Converter) convert.Converter { return wrapped{c, p} }

type wrapped struct {
	convert.Converter
	pool *Pool
}

// Convert implements [convert.Converter].
func (w wrapped) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return w.pool.Convert(ctx, src, opt, progress)
}

// Convert converts src in a child. When ctx ends the child is killed. One that takes more
// than it may, or crashes, is an error of the kind [convert.ErrEnded], and no other
// conversion notices.
func (p *Pool) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return p.ConvertInto(ctx, src, opt, progress, nil)
}

// Take is shown the document that a child has made and the scratch in which it may have left
// files, which are gone afterwards. Neither is to be trusted.
type Take func(doc *content.Document, scratch *os.Root) error

// ConvertInto is [Pool.Convert] of what comes with files: take reads them. An error of take's
// is returned as it is.
func (p *Pool) ConvertInto(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress, take Take) (*content.Document, error) {
	if progress == nil {
		progress = func(float64, string) {}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := p.take(p.classOf(src.Type))
	if err != nil {
		return nil, err
	}
	doc, fit, err := c.convert(ctx, src, opt, progress, take)
	p.give(c, fit)
	if err != nil && p.isClosed() {
		return nil, ErrClosed
	}
	return doc, err
}

// Report tells what this machine gives, by starting a child.
func (p *Pool) Report() (Report, error) {
	c, err := p.take(asking)
	if err != nil {
		return Report{}, err
	}
	defer p.give(c, true)
	return c.report(), nil
}

func (p *Pool) classOf(contentType string) class {
	switch _, open := p.Open[contentType]; {
	case open:
		return free
	case contentType == content.Web, contentType == content.YouTube:
		return asking
	}
	return sealed
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// take returns a child that waits, or else a new one.
func (p *Pool) take(k class) (*child, error) {
	p.mu.Lock()
	for n := len(p.idle[k]); n > 0; n = len(p.idle[k]) {
		c := p.idle[k][n-1]
		p.idle[k] = p.idle[k][:n-1]
		if c.alive() {
			p.mu.Unlock()
			return c, nil
		}
		go p.discard(c)
	}
	p.mu.Unlock()
	return p.start(k)
}

// give has a child wait for its next job, or ends it.
func (p *Pool) give(c *child, fit bool) {
	p.mu.Lock()
	keep := fit && !p.closed && len(p.idle[c.class]) < p.Size
	if keep {
		p.idle[c.class] = append(p.idle[c.class], c)
	}
	missing := !fit && !p.closed && p.warm && len(p.idle[c.class]) < p.Size
	p.mu.Unlock()
	if keep {
		return
	}
	c.kill()
	p.discard(c)
	if missing {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.later(c.class, 1)
	}
}

// later starts n children that wait. The caller holds the lock.
func (p *Pool) later(k class, n int) {
	if p.closed {
		return
	}
	p.starts.Go(func() {
		for range n {
			c, err := p.start(k)
			if errors.Is(err, ErrClosed) {
				return
			}
			if err != nil {
				p.Log.Warn("a converter process cannot be started", "err", err)
				return
			}
			p.give(c, true)
		}
	})
}

// start makes a child, in the best namespaces that the machine gives. Whatever it runs into
// once the pool is closed is [ErrClosed]: what it needs is being removed then.
func (p *Pool) start(k class) (*child, error) {
	set, err := p.begin(k)
	if err != nil {
		return nil, err
	}
	defer p.starts.Done()
	var c *child
	for ; set < len(namespaceSets); set++ {
		if c, err = p.newChild(k, namespaceSets[set]); err == nil || p.isClosed() {
			break
		}
	}
	if p.isClosed() {
		if c != nil {
			p.discard(c)
		}
		return nil, ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("start a converter process: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if k != free {
		p.set = max(p.set, set)
	}
	return c, nil
}

// begin is the first set of namespaces for a child, which [Pool.Close] then waits for until
// starts is told that it is done.
func (p *Pool) begin(k class) (set int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, ErrClosed
	}
	p.starts.Add(1)
	if k == free {
		return len(namespaceSets) - 1, nil
	}
	return p.set, nil
}

// know has a child that was just started end with the pool; if that is closed already it
// is the caller's to end.
func (p *Pool) know(c *child) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.all[c] = struct{}{}
	return nil
}

// discard forgets a child once it is dead.
func (p *Pool) discard(c *child) {
	c.kill()
	c.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, c)
}
