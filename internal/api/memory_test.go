package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func busy(t *testing.T, what string, err error) {
	t.Helper()
	var refused *Problem
	if !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable || refused.RetryAfter == 0 {
		t.Errorf("%s: %v, want 503", what, err)
	}
}

// TestMemory: all takes no more than there is, no caller more than half beside what it
// holds, and who waits gets what is given back.
func TestMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(100)
		take := func(caller string, n int64) func() {
			t.Helper()
			free, err := m.take(t.Context(), caller, n, "things")
			if err != nil {
				t.Fatal(err)
			}
			return free
		}
		first := take("a", 30)
		second := take("a", 20)
		_, err := m.take(t.Context(), "a", 1, "things")
		busy(t, "more than half", err)
		third := take("b", 50)
		_, err = m.take(t.Context(), "c", 1, "things")
		busy(t, "more than all", err)
		go func() {
			time.Sleep(slotWait / 2)
			first()
		}()
		take("c", 30)()
		second()
		third()
		whole := take("d", 1000)
		if m.used != 100 {
			t.Errorf("%d are used, want all", m.used)
		}
		left, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := m.take(left, "e", 1, "things"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who has left: %v", err)
		}
		whole()
		nobody := take("", 80)
		take("", 20)()
		nobody()
		if m.used != 0 || len(m.by) != 0 {
			t.Errorf("%d are used by %v, want none", m.used, m.by)
		}
	})
}

// TestMemoryIsSpared: callers who each hold all that they can leave some for the next.
func TestMemoryIsSpared(t *testing.T) {
	t.Parallel()
	m := newMemory(160)
	for i, want := range []int{8, 4, 2} {
		got := 0
		for {
			if _, taken := m.try(string(rune('a'+i)), 10); !taken {
				break
			}
			got++
		}
		if got != want {
			t.Errorf("caller %d holds %d pieces, want %d", i, got, want)
		}
	}
}

// holding is a request with a budget, of a body whose length is known or not.
func holding(b *budget, size int, known bool) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat("a", size))))
	if known {
		r.ContentLength = int64(size)
	}
	return r.WithContext(withCall(r.Context(), &call{budget: b}))
}

// TestBodiesHoldMemoryByBudget: what is small is read at once; of what is more there is only
// so much at a time, whether its length is known or not.
func TestBodiesHoldMemoryByBudget(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	b := newBudget(64 << 20)
	b.bodies.wait = 0
	for _, known := range []bool{true, false} {
		for _, tt := range []struct {
			size, read int
			err        error
		}{{0, 0, nil}, {smallBody, smallBody, nil}, {smallBody + 1, smallBody + 1, nil}, {limit, limit, nil}, {limit + 1, limit + 1, errTooLong}, {3 * limit, limit + 1, errTooLong}} {
			got, err := readBody(holding(b, tt.size, known), limit)
			if !errors.Is(err, tt.err) || len(got.raw) != tt.read {
				t.Fatalf("%d bytes, known %t: %d, %v", tt.size, known, len(got.raw), err)
			}
			if tt.size <= smallBody && b.bodies.used != 0 || tt.size > smallBody && b.bodies.used < int64(min(tt.size, limit)) {
				t.Errorf("%d bytes, known %t: %d are held", tt.size, known, b.bodies.used)
			}
			got.free()
			got.free()
			if b.bodies.used != 0 {
				t.Fatalf("%d bytes, known %t: %d are held afterwards", tt.size, known, b.bodies.used)
			}
		}
	}
	var all []*body
	for range maxBodies / limit {
		got, err := readBody(holding(b, limit, true), limit)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got)
	}
	_, err := readBody(holding(b, smallBody+1, true), limit)
	busy(t, "one too many", err)
	if _, err := readBody(holding(b, smallBody, true), limit); err != nil {
		t.Errorf("a small one: %v", err)
	}
	for _, one := range all {
		one.free()
	}
}

// TestLargeResultsAtATime: so many bytes of large results are in memory, and one of the
// largest fits.
func TestLargeResultsAtATime(t *testing.T) {
	t.Parallel()
	const limit = 8 << 20
	for _, known := range []bool{true, false} {
		b := newBudget(limit)
		b.results.wait, b.bodies.wait = 0, 0
		first, err := readBody(holding(b, limit, known), limit)
		if err != nil || len(first.raw) != limit {
			t.Fatalf("the largest, known %t: %v", known, err)
		}
		_, err = readBody(holding(b, limit, known), limit)
		busy(t, "one too many", err)
		small, err := readBody(holding(b, largeBody-1, known), limit)
		if err != nil {
			t.Errorf("a small one, known %t: %v", known, err)
		}
		small.free()
		first.free()
		if long, err := readBody(holding(b, 3*limit, known), limit); !errors.Is(err, errTooLong) || len(long.raw) != limit+1 {
			t.Errorf("one that is too large, known %t: %v", known, err)
		} else {
			long.free()
		}
		if b.results.used != 0 || b.bodies.used != 0 {
			t.Errorf("known %t: %d and %d are held", known, b.results.used, b.bodies.used)
		}
	}
}

// TestABodyInMemoryHasToHurry, and one that is stored has not.
func TestABodyInMemoryHasToHurry(t *testing.T) {
	t.Parallel()
	began := time.Unix(1000, 0)
	for _, tt := range []struct {
		hasty bool
		got   int64
		after time.Duration // since it began
		want  time.Duration // of the deadline
	}{
		{false, 0, 0, stallTime}, {false, 100 << 10, 30 * time.Second, 90 * time.Second},
		{true, 0, 0, bodyGrace}, {true, 0, 10 * time.Second, bodyGrace},
		{true, 160 << 10, 15 * time.Second, 30 * time.Second}, {true, 1 << 20, 15 * time.Second, 35 * time.Second},
	} {
		var deadline deadlines
		b := &stallBody{
			ReadCloser: http.NoBody, control: http.NewResponseController(&deadline), now: func() time.Time { return began.Add(tt.after) },
			stall: stallTime, began: began, got: tt.got, hasty: tt.hasty,
		}
		b.allow()
		if got := deadline.read.Sub(began); got != tt.want {
			t.Errorf("%+v: the deadline is %v after the beginning", tt, got)
		}
	}
}

// TestAnAnswerInMemoryHasToBeRead within a time for all of it.
func TestAnAnswerInMemoryHasToBeRead(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	var deadline deadlines
	w := &stallWriter{ResponseWriter: &deadline, control: http.NewResponseController(&deadline), now: func() time.Time { return now }, stall: stallTime}
	hasteReading(&statusWriter{ResponseWriter: &protectedWriter{ResponseWriter: w}, call: &call{}})
	for i := range 3 {
		_, _ = w.Write(make([]byte, 10*replyFloor))
		if got, want := deadline.write.Sub(time.Unix(1000, 0)), 2*replyGrace+time.Duration(10*(i+1))*time.Second; got != want {
			t.Errorf("after write %d the deadline is %v after the first, want %v", i, got, want)
		}
		now = now.Add(15 * time.Second)
	}
}

// deadlines is an answer that notes its deadlines.
type deadlines struct {
	httptest.ResponseRecorder
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }
func (d *deadlines) Write(p []byte) (int, error)         { return len(p), nil }

// blocked is an answer that is not read until it is let go.
type blocked struct {
	httptest.ResponseRecorder
	writes chan struct{} // receives with every write
	open   chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	b.writes <- struct{}{}
	<-b.open
	return len(p), nil
}

// TestFewLargeAnswersAreMadeAtATime, but those that wait for their readers keep nobody.
func TestFewLargeAnswersAreMadeAtATime(t *testing.T) {
	t.Parallel()
	s := New(Config{AnyHost: true})
	s.budget.making.wait = 0
	making, made := make(chan struct{}), make(chan struct{})
	h := s.handle(Route{Method: http.MethodGet, Path: "/", access: open | large, serve: func(w http.ResponseWriter, r *http.Request) error {
		making <- struct{}{}
		<-made
		return reply(w, r, "an answer")
	}})
	get := func(w http.ResponseWriter) { h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)) }
	slow := blocked{writes: make(chan struct{}), open: make(chan struct{})}
	var all sync.WaitGroup
	for range maxMaking {
		all.Go(func() { get(&blocked{writes: slow.writes, open: slow.open}) })
		<-making
	}
	var refused httptest.ResponseRecorder
	if get(&refused); refused.Code != http.StatusServiceUnavailable {
		t.Errorf("one too many is answered %d", refused.Code)
	}
	close(made)
	for range maxMaking {
		<-slow.writes
	}
	served := httptest.NewRecorder()
	all.Go(func() { get(served) })
	<-making
	close(slow.open)
	go func() {
		for range slow.writes {
		}
	}()
	all.Wait()
	close(slow.writes)
	if served.Code != http.StatusOK || served.Body.String() != "\"an answer\"\n" {
		t.Errorf("while the others are written: %d %s", served.Code, served.Body)
	}
}
