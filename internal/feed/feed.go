// Package feed tells any number of listeners what changes, in one order. It looks at its
// sources now and then and keeps the newest events, so that who was cut off goes on where
// it was: events have ids, and a listener that names one is told what came after it, or
// that this is not known any more.
package feed

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Event is one thing that has changed, and how it is now.
type Event struct {
	Name string // of a kind, as job
	Data any    // encoded as JSON
}

// Source returns what has changed since it was called last; the first time it only notes
// how things are. It is called by one goroutine at a time.
type Source func(ctx context.Context) ([]Event, error)

// Every is how often the sources are asked.
const Every = time.Second

// The bounds of what is kept: so many events, of so many bytes in all.
const (
	maxKept  = 4096
	maxBytes = 4 << 20
)

// maxTold bounds the bytes of what a listener is told at a time.
const maxTold = 256 << 10

// Feed is safe for concurrent use. [Feed.Run] must run for anything to be told.
type Feed struct {
	sources []Source
	log     *slog.Logger
	epoch   string // begins the ids of this feed, no other feed's

	wanted chan struct{} // closed by the first listener
	want   sync.Once
	looked chan struct{} // closed when the sources were asked for the first time

	mu    sync.Mutex // guards what follows
	first int64      // the number of the oldest event that is kept
	kept  [][]byte
	bytes int
	news  chan struct{} // closed and made anew with each event
}

// New makes a feed of the sources.
func New(log *slog.Logger, sources ...Source) *Feed {
	epoch := make([]byte, 6)
	_, _ = rand.Read(epoch) // it never fails
	return &Feed{
		sources: sources, log: log, epoch: hex.EncodeToString(epoch), wanted: make(chan struct{}), looked: make(chan struct{}),
		first: 1, news: make(chan struct{}),
	}
}

// Run asks the sources from the first listener on until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-f.wanted:
	}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	failed := false
	for first := true; ; first = false {
		err := f.look(ctx)
		if first {
			close(f.looked)
		}
		if err != nil && !failed && ctx.Err() == nil {
			f.log.Warn("what has changed cannot be told", "err", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look asks each source once, whatever became of the others.
func (f *Feed) look(ctx context.Context) (failure error) {
	for _, source := range f.sources {
		events, err := source(ctx)
		if err != nil {
			failure = err
		}
		for _, e := range events {
			if err := f.add(e); err != nil {
				failure = err
			}
		}
	}
	return failure
}

func (f *Feed) add(e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("encode an event %s: %w", e.Name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, f.encode(e.Name, f.last()+1, data))
	f.bytes += len(f.kept[len(f.kept)-1])
	for len(f.kept) > 1 && (len(f.kept) > maxKept || f.bytes > maxBytes) {
		f.bytes -= len(f.kept[0])
		f.kept[0] = nil
		f.kept, f.first = f.kept[1:], f.first+1
	}
	close(f.news)
	f.news = make(chan struct{})
	return nil
}

// encode is an event as it is sent.
func (f *Feed) encode(name string, n int64, data []byte) []byte {
	return fmt.Appendf(nil, "event: %s\nid: %s-%d\ndata: %s\n\n", name, f.epoch, n, data)
}

// last is the number of the newest event; mu is held.
func (f *Feed) last() int64 { return f.first + int64(len(f.kept)) - 1 }

// Listener is told the events of a feed, by one goroutine.
type Listener struct {
	feed  *Feed
	after int64 // the number of the event that was told last
	begun bool
	lost  string // why the next thing told is reset
	hello func(ctx context.Context) (Event, error)
}

// Listen makes a listener that is told what comes after the event lastID, or from now on if
// that is "". What hello returns is told first, unless what lastID names is known.
func (f *Feed) Listen(lastID string, hello func(ctx context.Context) (Event, error)) *Listener {
	f.want.Do(func() { close(f.wanted) })
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &Listener{feed: f, after: f.last(), hello: hello}
	if lastID == "" {
		return l
	}
	epoch, number, _ := strings.Cut(lastID, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || epoch != f.epoch || n < f.first-1 || n > f.last() {
		l.lost = "what came after that event is not known any more: ask how things are"
		return l
	}
	l.after, l.begun = n, true
	return l
}

// News is closed when there are events that were not told.
func (l *Listener) News() <-chan struct{} {
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	if l.after < l.feed.last() {
		now := make(chan struct{})
		close(now)
		return now
	}
	return l.feed.news
}

// Next returns the events since the last time, encoded as server-sent events; none is no
// error. Who was slower than what is kept is told `reset`.
func (l *Listener) Next(ctx context.Context) ([]byte, error) {
	if !l.begun {
		return l.begin(ctx)
	}
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	var told []byte
	if l.after < l.feed.first-1 {
		told = l.reset("too much has come since what was taken last: ask how things are")
		l.after = l.feed.last()
	}
	for l.after < l.feed.last() && len(told) < maxTold {
		l.after++
		told = append(told, l.feed.kept[l.after-l.feed.first]...)
	}
	return told, nil
}

// begin is what is told first. What changes after it was looked up is told, too.
func (l *Listener) begin(ctx context.Context) (told []byte, err error) {
	select {
	case <-l.feed.looked:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e, err := l.hello(ctx)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode an event %s: %w", e.Name, err)
	}
	l.begun = true
	if l.lost != "" {
		told = l.reset(l.lost)
	}
	return append(told, l.feed.encode(e.Name, l.after, data)...), nil
}

func (l *Listener) reset(why string) []byte {
	data, _ := json.Marshal(map[string]string{"reason": why}) // text
	return l.feed.encode("reset", l.after, data)
}
