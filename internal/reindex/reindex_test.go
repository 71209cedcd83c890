package reindex

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/embed"
	"morag/internal/index"
)

var (
	red  = index.Model{Name: "red", Dimension: 2}
	blue = index.Model{Name: "blue", Dimension: 2}
)

// fake is an index of texts, and the embedder of blue.
type fake struct {
	mu      sync.Mutex // guards what follows
	used    index.Model
	next    index.Model
	texts   []string
	vectors map[int64]bool // by number, those of next
	fails   int            // so many requests to the embedder fail
	asked   []string       // of the embedder
}

func (f *fake) Model() index.Model {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

func (f *fake) Begin(_ context.Context, m index.Model) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = m
	return nil
}

func (f *fake) Next(context.Context) (index.Model, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next, nil
}

func (f *fake) Abandon(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next, f.vectors = index.Model{}, map[int64]bool{}
	return nil
}

func (f *fake) Unembedded(_ context.Context, after int64, n int) (all []index.Unembedded, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, text := range f.texts {
		if id := int64(i + 1); id > after && !f.vectors[id] && len(all) < n {
			all = append(all, index.Unembedded{Chunk: id, Content: text})
		}
	}
	return all, nil
}

func (f *fake) Embed(_ context.Context, vectors []index.Embedded) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == (index.Model{}) {
		return index.ErrModel
	}
	for _, v := range vectors {
		f.vectors[v.Chunk] = true
	}
	return nil
}

func (f *fake) Count(context.Context) (chunks, embedded int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.texts), len(f.vectors), nil
}

func (f *fake) Finish(ctx context.Context, embed func(context.Context, []string) ([][]float32, error)) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.vectors) < len(f.texts) {
		return false, nil
	}
	f.used, f.next = f.next, index.Model{}
	return true, nil
}

// embedder is the fake's other face, whose Embed is another.
type embedder struct{ *fake }

func (e embedder) Model() embed.Model { return embed.Model(blue) }

func (e embedder) Embed(_ context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fails > 0 {
		e.fails--
		return nil, errors.New("the service is down")
	}
	if purpose != embed.Passage {
		return nil, errors.New("not a passage")
	}
	e.asked = append(e.asked, texts...)
	return make([][]float32, len(texts)), nil
}

func newFake(n int) *fake {
	f := &fake{used: red, vectors: map[int64]bool{}}
	for i := range n {
		f.texts = append(f.texts, fmt.Sprint("text ", i))
	}
	return f
}

// state is what is told once everything that can be done was done.
func state(t *testing.T, s *Service) Status {
	t.Helper()
	synctest.Wait()
	st, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func run(t *testing.T, f *fake, atOnce bool) *Service {
	s := New(Config{Index: f, Embedder: embedder{f}, AtOnce: atOnce})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return s
}

func TestItIsOfferedAndDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(200)
		s := run(t, f, false)
		if st := state(t, s); st.State != Offered || st.Model != red || st.Next != blue || st.Chunks != 200 || len(f.asked) > 0 {
			t.Errorf("before: %+v", st)
		}
		if left, err := s.Left(t.Context()); err != nil || left != 200 {
			t.Errorf("%d are left (%v)", left, err)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := state(t, s); st.State != Current || st.Model != blue || st.Embedded != 200 {
			t.Errorf("after: %+v", st)
		}
		if !slices.Equal(f.asked, f.texts) {
			t.Errorf("%d texts were embedded", len(f.asked))
		}
		if left, err := s.Left(t.Context()); err != nil || left != 0 {
			t.Errorf("%d are left (%v)", left, err)
		}
		if err := s.Start(t.Context()); !errors.Is(err, ErrSame) {
			t.Errorf("again: %v", err)
		}
	})
}

func TestWhatWasBegunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(100)
		f.next = blue
		for i := range int64(70) {
			f.vectors[i+1] = true
		}
		if st := state(t, run(t, f, false)); st.State != Current || len(f.asked) != 30 {
			t.Errorf("%+v, %d texts were embedded", st, len(f.asked))
		}
	})
}

func TestAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if st := state(t, run(t, newFake(3), true)); st.State != Current {
			t.Errorf("%+v", st)
		}
	})
}

// TestAFailureIsTriedAgain: it is told until it comes through, and it can be stopped.
func TestAFailureIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(100)
		f.fails = 3
		s := run(t, f, true)
		if st := state(t, s); st.State != Running || !strings.Contains(st.Failure, "the service is down") || st.Since.IsZero() {
			t.Errorf("failing: %+v", st)
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := state(t, s); st.State != Offered || st.Failure != "" {
			t.Errorf("stopped: %+v", st)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute) // the bubble's clock
		if st := state(t, s); st.State != Current {
			t.Errorf("in the end: %+v", st)
		}
	})
}

// TestOtherSettingsAbandon: what was begun for a model that the settings no longer name goes.
func TestOtherSettingsAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(3)
		f.next = index.Model{Name: "green", Dimension: 2}
		if st := state(t, run(t, f, false)); st.State != Offered || f.next != (index.Model{}) || len(f.asked) > 0 {
			t.Errorf("%+v, next %v", st, f.next)
		}
	})
}
