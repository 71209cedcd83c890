package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"morag/internal/feed"
)

// source is what the test has changed and a feed was not told.
type source struct {
	mu     sync.Mutex
	events []feed.Event
	err    error
}

func (s *source) change(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.events = append(s.events, feed.Event{Name: "thing", Data: name})
	}
}

func (s *source) changes(context.Context) ([]feed.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events, s.err
}

func hello(context.Context) (feed.Event, error) { return feed.Event{Name: "hello", Data: 1}, nil }

// open runs a feed in the bubble until the test ends.
func open(t *testing.T) (*feed.Feed, *source) {
	s := &source{}
	f := feed.New(slog.New(slog.DiscardHandler), s.changes)
	go f.Run(t.Context())
	return f, s
}

// heard is what the listener is told until nothing more is there: the names, the data and
// the id of the last.
func heard(t *testing.T, l *feed.Listener) (told, id string) {
	t.Helper()
	var all []string
	for {
		text, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch field {
			case "event":
				all = append(all, value)
			case "data":
				all[len(all)-1] += " " + value
			case "id":
				id = value
			}
		}
		if len(text) == 0 {
			return strings.Join(all, ", "), id
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, s := open(t)
		l := f.Listen("", hello)
		told, first := heard(t, l)
		if told != "hello 1" {
			t.Fatalf("at first: %s", told)
		}
		s.change("a", "b")
		<-l.News()
		synctest.Wait()
		told, second := heard(t, l)
		if told != `thing "a", thing "b"` || second == first {
			t.Fatalf("after two changes: %s, and the id %s after %s", told, second, first)
		}
		news := l.News()
		s.change("c")
		<-news
		synctest.Wait()
		if told, _ = heard(t, l); told != `thing "c"` {
			t.Errorf("after the third: %s", told)
		}
		for id, want := range map[string]string{
			"":                 "hello 1",
			first:              `thing "a", thing "b", thing "c"`,
			second:             `thing "c"`,
			"nonsense":         "reset",
			"0000-1":           "reset",
			second + "00":      "reset",
			"-1":               "reset",
			first[:13] + "-1":  "reset",
			first[:13] + "007": "reset",
		} {
			told, _ := heard(t, f.Listen(id, hello))
			if want == "reset" {
				if !strings.HasPrefix(told, `reset {"reason":"`) || !strings.HasSuffix(told, ", hello 1") {
					t.Errorf("after %q: %s", id, told)
				}
			} else if told != want {
				t.Errorf("after %q: %s, want %s", id, told, want)
			}
		}
	})
}

// A listener that is slower than what is kept is told so, and hears what comes then.
func TestSlowListener(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*source){
		"many events": func(s *source) {
			for i := range 4097 {
				s.change(fmt.Sprint(i))
			}
		},
		"large events": func(s *source) {
			for range 5 {
				s.change(strings.Repeat("x", 1<<20))
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, s := open(t)
			l := f.Listen("", hello)
			_, id := heard(t, l)
			change(s)
			<-l.News()
			synctest.Wait()
			if told, _ := heard(t, l); !strings.HasPrefix(told, `reset {"reason":"too much`) || strings.Contains(told, `thing "`) {
				t.Errorf("%s: %.200s", name, told)
			}
			s.change("next")
			<-l.News()
			synctest.Wait()
			if told, _ := heard(t, l); told != `thing "next"` {
				t.Errorf("%s: then %.200s", name, told)
			}
			if told, _ := heard(t, f.Listen(id, hello)); !strings.HasPrefix(told, "reset") {
				t.Errorf("%s: who comes back is told %.200s", name, told)
			}
		})
	}
}

// What is exactly as much as is kept is told, in pieces.
func TestAllThatIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, s := open(t)
		l := f.Listen("", hello)
		heard(t, l)
		for i := range 4096 {
			s.change(fmt.Sprint(i, strings.Repeat("x", 200)))
		}
		<-l.News()
		synctest.Wait()
		told, _ := heard(t, l)
		if n := strings.Count(told, `thing "`); n != 4096 || strings.Contains(told, "reset") {
			t.Errorf("%d of 4096 were told: %.200s", n, told)
		}
	})
}

// A source that fails holds up no other, and is asked again.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken, s := &source{err: errors.New("away")}, &source{}
		f := feed.New(slog.New(slog.DiscardHandler), broken.changes, s.changes)
		go f.Run(t.Context())
		l := f.Listen("", hello)
		heard(t, l)
		s.change("a")
		<-l.News()
		synctest.Wait()
		if told, _ := heard(t, l); told != `thing "a"` {
			t.Errorf("beside a broken source: %s", told)
		}
		broken.mu.Lock()
		broken.err = nil
		broken.mu.Unlock()
		broken.change("b")
		<-l.News()
		synctest.Wait()
		if told, _ := heard(t, l); told != `thing "b"` {
			t.Errorf("from one that was mended: %s", told)
		}
	})
}

// Who cannot be told how things are is not told anything.
func TestHelloFails(t *testing.T) {
	t.Parallel()
	f := feed.New(slog.New(slog.DiscardHandler))
	go f.Run(t.Context())
	away := errors.New("away")
	l := f.Listen("", func(context.Context) (feed.Event, error) { return feed.Event{}, away })
	if told, err := l.Next(t.Context()); !errors.Is(err, away) || len(told) > 0 {
		t.Errorf("%q, %v", told, err)
	}
}
