package search

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/auth"
	"morag/internal/index"
)

// slow is an index that takes a second for a search, one at a time.
type slow struct{ fake }

func (s *slow) Match(context.Context, string, int, index.Scope) ([]index.Found, error) {
	time.Sleep(time.Second)
	return nil, nil
}

// TestOneKeysSearchesDelayAnothersByOne: however many searches of one owner wait, another's
// is the next.
func TestOneKeysSearchesDelayAnothersByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &slow{}
		s := New(Config{Index: f, Documents: f, Embedder: f, AtATime: 2})
		var crowd sync.WaitGroup
		for i := range maxWaiting + 2 {
			crowd.Go(func() {
				if _, err := s.Search(t.Context(), auth.Scope{Owner: "many"}, Query{Text: fmt.Sprint("q", i), Mode: Words}); err != nil && !errors.Is(err, ErrBusy) {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second / 2)
		began := time.Now()
		if _, err := s.Search(t.Context(), auth.Scope{Owner: "one"}, Query{Text: "q", Mode: Words}); err != nil || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("another's search took %s (%v), want the rest of one and its own", time.Since(began), err)
		}
		crowd.Wait()
	})
}
