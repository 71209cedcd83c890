package share

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
)

func TestTurn(t *testing.T) {
	t.Parallel()
	inOrder := []Turn{
		{Precedence: 2, Held: 9, Served: 9},
		{Precedence: 1},
		{},
		{Served: 1},
		{Served: 2},
		{Held: 1},
		{Held: 1, Served: 1},
		{Held: 2},
		{Precedence: -1},
	}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := a.Compare(b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%+v to %+v: %d", a, b, got)
			}
		}
	}
}

func TestSpares(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		places, taken, own, n int
		want                  bool
	}{
		{10, 0, 0, 5, true}, {10, 4, 4, 1, true}, {10, 5, 5, 1, false}, {10, 5, 0, 5, true}, {10, 5, 0, 6, false},
		{1, 0, 0, 1, true}, {1, 1, 0, 1, false}, {10, 9, 0, 1, true}, {10, 12, 0, 1, false},
	} {
		if got := Spares(tt.places, tt.taken, tt.own, tt.n); got != tt.want {
			t.Errorf("%d more of %d, %d taken and %d its own: %t", tt.n, tt.places, tt.taken, tt.own, got)
		}
	}
}

// line is a crowd before places: who is served is written down, and each keeps its
// place for a second.
type line struct {
	*testing.T
	*Places
	mu     sync.Mutex
	served []string
	crowd  sync.WaitGroup
}

// ends are what became of those who came, in their order.
func (l *line) ends() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.served)
}

// come has the owner's next in line, once all before it are.
func (l *line) come(name string) {
	l.crowd.Go(func() {
		free, err := l.Take(l.Context(), name)
		l.mu.Lock()
		if err != nil {
			name = "-" + name
		}
		l.served = append(l.served, name)
		l.mu.Unlock()
		if err == nil {
			<-time.After(time.Second)
			free()
		}
	})
	synctest.Wait()
}

// TestOneKeysThousandDelayAnothersSingleByOne: whoever has most in line, another is
// called when the first place is free.
func TestOneKeysThousandDelayAnothersSingleByOne(t *testing.T) {
	t.Parallel()
	for _, places := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{T: t, Places: NewPlaces(Config{Places: places})}
			for range 1000 {
				l.come("many")
			}
			<-time.After(3500 * time.Millisecond)
			began := time.Now()
			free, err := l.Take(t.Context(), "one")
			if err != nil || time.Since(began) > time.Second {
				t.Errorf("of %d places: %v after %s", places, err, time.Since(began))
			}
			free()
			l.crowd.Wait()
			if len(l.ends()) != 1000 {
				t.Errorf("%d of the thousand were served", len(l.ends()))
			}
		})
	}
}

func TestPlacesGoRound(t *testing.T) {
	t.Parallel()
	for come, want := range map[string]string{
		"a1 a2 a3 a4":       "a1 a2 a3 a4", // one owner: as they came
		"a1 a2 a3 b1 b2 c1": "a1 b1 c1 a2 b2 a3",
		"b1 b2 a1 b3 a2":    "b1 a1 b2 a2 b3",
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var served []string
			var crowd sync.WaitGroup
			p := NewPlaces(Config{Places: 1})
			for who := range strings.FieldsSeq(come) {
				crowd.Go(func() {
					free, err := p.Take(t.Context(), who[:1])
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					served = append(served, who)
					mu.Unlock()
					<-time.After(time.Second)
					free()
				})
				synctest.Wait()
			}
			crowd.Wait()
			if got := strings.Join(served, " "); got != want {
				t.Errorf("%s came, %s were served, want %s", come, got, want)
			}
		})
	}
}

// TestWhoHasLessInHandIsFirst: what lasts long counts while it lasts.
func TestWhoHasLessInHandIsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPlaces(Config{Places: 2})
		if _, err := p.Take(t.Context(), "long"); err != nil { // and is never free
			t.Fatal(err)
		}
		l := &line{T: t, Places: p}
		for range 3 {
			l.come("short")
			l.come("long")
		}
		l.crowd.Wait()
		if got := strings.Join(l.ends(), " "); got != "short short short long long long" {
			t.Errorf("served: %s", got)
		}
	})
}

// TestTheLineIsShared: who fills it makes room for others, from its end.
func TestTheLineIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &line{T: t, Places: NewPlaces(Config{Places: 1, Line: 4})}
		for _, name := range strings.Fields("a a a a a a b b b c c") {
			l.come(name)
		}
		// One a has the place, four wait, the sixth is sent away. Two a make room for two
		// b, the third b finds as many of its own; c takes the place of the longest line.
		sent := slices.DeleteFunc(l.ends(), func(s string) bool { return s[0] != '-' })
		if got := strings.Join(sent[:4], " "); got != "-a -a -a -b" {
			t.Errorf("sent away: %s", got)
		}
		l.crowd.Wait()
		if n := len(l.ends()) - len(sent); n != 5 || !slices.Contains(l.ends(), "c") {
			t.Errorf("served and sent away: %v", l.ends())
		}
	})
}

// TestPlacesAreSpared: whatever owners hold who were there before, the next finds a
// place, and those whom nothing tells apart share all.
func TestPlacesAreSpared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fill := func(p *Places, name string) (n int) {
			for ; ; n++ {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, err := p.Take(ctx, name)
				cancel()
				if err != nil {
					return n
				}
			}
		}
		p := NewPlaces(Config{Places: 16, Spare: true})
		for i, want := range []int{8, 4, 2, 1, 1, 0} {
			if got := fill(p, fmt.Sprint("key ", i)); got != want {
				t.Errorf("greedy key %d has %d places, want %d", i, got, want)
			}
		}
		if got := fill(NewPlaces(Config{Places: 3, Spare: true}), ""); got != 3 {
			t.Errorf("without keys there are %d places", got)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := p.Take(gone, "late"); !errors.Is(err, context.Canceled) {
			t.Errorf("one that has gone: %v", err)
		}
	})
}

// TestWhoLeavesTheLineHoldsNobodyUp: callers come and go at any instant.
func TestWhoLeavesTheLineHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := NewPlaces(Config{Places: 2, Line: 8})
	var crowd sync.WaitGroup
	for i := range 16 {
		crowd.Go(func() {
			for n := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%5)*time.Microsecond)
				if free, err := p.Take(ctx, fmt.Sprint(i%3)); err == nil {
					free()
				}
				cancel()
			}
		})
	}
	crowd.Wait()
	if p.taken != 0 || p.waiting != 0 {
		t.Errorf("%d places are taken and %d wait, although all have left", p.taken, p.waiting)
	}
	for name, o := range p.owners {
		if o.turn.Held != 0 || len(o.line) != 0 {
			t.Errorf("%q holds %d places and %d wait", name, o.turn.Held, len(o.line))
		}
	}
}
