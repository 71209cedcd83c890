package blobtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"morag/internal/blob"
)

// Subject is references that are empty, and what a test needs around them.
type Subject struct {
	References blob.References
	// Second are others at the same place, as another server has them.
	Second blob.References
	// Transact runs fn in a transaction that calls of References with its context belong
	// to.
	Transact func(ctx context.Context, fn func(ctx context.Context) error) error
	// Advance moves the clock.
	Advance func(d time.Duration)
}

// RunReferences runs the suite of blob.References.
func RunReferences(t *testing.T, open func(t *testing.T) Subject) {
	cases := []struct {
		name string
		run  func(*shelf)
	}{
		{"what was used is unused when nobody uses it", whatIsLetGoIsUnused},
		{"a use ends by itself", aUseEndsByItself},
		{"a hold is no use", aHoldIsNoUse},
		{"a user uses what it said last", aUserUsesWhatItSaidLast},
		{"paths are nobody's", pathsAreNobodys},
		{"unused ones come in pages", unusedOnesComeInPages},
		{"many that others use are passed over", manyThatOthersUse},
		{"what is forgotten is not known", whatIsForgottenIsNotKnown},
		{"rolled back changes nothing", rolledBackChangesNothing},
		{"two at one place", twoAtOnePlace},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(&shelf{T: t, Subject: open(t)})
		})
	}
}

type shelf struct {
	*testing.T
	Subject
}

func (s *shelf) refer(user string, lasting time.Duration, refs ...string) {
	s.Helper()
	if err := s.References.Refer(s.Context(), user, lasting, refs...); err != nil {
		s.Fatal(err)
	}
}

// used checks whether somebody uses the blob.
func (s *shelf) used(ref string, want bool) {
	s.Helper()
	if got, err := s.References.Used(s.Context(), ref); err != nil || got != want {
		s.Errorf("%s is used: %v, %v, want %v", ref, got, err, want)
	}
}

// unused checks which blobs may go.
func (s *shelf) unused(want ...string) {
	s.Helper()
	got, err := s.References.Unused(s.Context(), 100)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		s.Errorf("unused are %q, %v, want %q", got, err, want)
	}
}

func whatIsLetGoIsUnused(s *shelf) {
	s.used("blob:a", false)
	s.unused()
	s.refer("task:1", 0, "blob:a", "blob:b")
	s.refer("document:1", 0, "blob:a")
	s.used("blob:a", true)
	s.refer("task:1", 0)
	s.used("blob:a", true)
	s.used("blob:b", false)
	s.unused("blob:b")
	s.refer("document:1", 0)
	s.used("blob:a", false)
	s.unused("blob:a", "blob:b")
	s.refer("document:2", 0, "blob:a")
	s.unused("blob:b")
	s.Advance(1000 * time.Hour)
	s.used("blob:a", true)
	s.unused("blob:b")
}

func aUseEndsByItself(s *shelf) {
	s.refer("job:1", time.Hour, "blob:a")
	s.Advance(time.Hour - time.Microsecond)
	s.used("blob:a", true)
	s.unused()
	s.Advance(time.Microsecond)
	s.used("blob:a", false)
	s.unused("blob:a")
	s.refer("job:1", time.Hour, "blob:a")
	s.Advance(time.Minute)
	s.refer("job:1", time.Hour, "blob:a") // longer
	s.Advance(59*time.Minute + time.Second)
	s.used("blob:a", true)
	s.refer("job:1", 0, "blob:a") // for good
	s.Advance(2 * time.Hour)
	s.used("blob:a", true)
	s.refer("job:1", time.Second, "blob:a") // shorter
	s.Advance(time.Second)
	s.unused("blob:a")
}

func aHoldIsNoUse(s *shelf) {
	s.refer(blob.Hold("blob:a"), blob.Grace, "blob:a")
	s.used("blob:a", false)
	s.unused()
	s.refer("task:1", 0, "blob:a")
	s.Advance(blob.Grace)
	s.used("blob:a", true)
	s.unused()
	s.refer("task:1", 0)
	s.unused("blob:a")
}

func aUserUsesWhatItSaidLast(s *shelf) {
	s.refer("task:1", 0, "blob:a", "blob:b")
	s.refer("task:1", 0, "blob:b", "blob:c")
	s.used("blob:a", false)
	s.used("blob:b", true)
	s.used("blob:c", true)
	s.unused("blob:a")
	s.refer("task:1", 0, "blob:a")
	s.unused("blob:b", "blob:c")
}

func pathsAreNobodys(s *shelf) {
	s.refer("task:1", 0, "", "/srv/media/talk.mp3", "blob:a")
	s.used("/srv/media/talk.mp3", false)
	s.refer("task:1", 0)
	s.unused("blob:a")
}

func unusedOnesComeInPages(s *shelf) {
	var all []string
	for i := range 7 {
		all = append(all, "blob:"+string(rune('a'+i)))
	}
	s.refer("task:1", 0, all...)
	s.refer("task:1", 0)
	for _, want := range []int{3, 3, 1, 0} {
		page, err := s.References.Unused(s.Context(), 3)
		if err != nil || len(page) != want {
			s.Fatalf("a page of %q, %v, want %d", page, err, want)
		}
		if err := s.References.Forget(s.Context(), page...); err != nil {
			s.Fatal(err)
		}
	}
}

// manyThatOthersUse has more ended references of blobs that are used than any page holds,
// and among them one of a blob that is not.
func manyThatOthersUse(s *shelf) {
	var all []string
	for i := range 1100 {
		all = append(all, fmt.Sprintf("blob:%04d", i))
	}
	s.refer("task:1", 0, all...)
	s.refer("document:1", 0, append(all[:500:500], all[501:]...)...)
	s.refer("task:1", 0)
	s.unused(all[500])
	s.refer("document:1", 0)
	page, err := s.References.Unused(s.Context(), 2000)
	if err != nil || len(page) != len(all) {
		s.Errorf("%d are unused, %v, want %d", len(page), err, len(all))
	}
}

func whatIsForgottenIsNotKnown(s *shelf) {
	s.refer("task:1", 0, "blob:a", "blob:b", "blob:c")
	s.refer("task:1", 0, "blob:b", "blob:c")
	if err := s.References.Forget(s.Context(), "blob:b", "blob:d"); err != nil {
		s.Fatal(err)
	}
	known, err := s.References.Known(s.Context(), []string{"blob:a", "blob:b", "blob:c", "blob:d"})
	if err != nil || len(known) != 2 || !known["blob:a"] || !known["blob:c"] {
		s.Errorf("known are %v, %v", known, err)
	}
	if known, err := s.References.Known(s.Context(), nil); err != nil || len(known) != 0 {
		s.Errorf("of none %v, %v are known", known, err)
	}
	s.used("blob:b", false)
}

func rolledBackChangesNothing(s *shelf) {
	s.refer("task:1", 0, "blob:a")
	stop := errors.New("stop")
	err := s.Transact(s.Context(), func(ctx context.Context) error {
		if err := s.References.Refer(ctx, "task:1", 0, "blob:b"); err != nil {
			s.Error(err)
		}
		if used, err := s.References.Used(ctx, "blob:b"); err != nil || !used {
			s.Errorf("the transaction does not see its own change: %v, %v", used, err)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		s.Fatal(err)
	}
	s.used("blob:a", true)
	s.used("blob:b", false)
	s.unused()
}

func twoAtOnePlace(s *shelf) {
	s.refer("task:1", 0, "blob:a")
	if used, err := s.Second.Used(s.Context(), "blob:a"); err != nil || !used {
		s.Errorf("the other sees it used: %v, %v", used, err)
	}
	if err := s.Second.Refer(s.Context(), "task:1", 0); err != nil {
		s.Fatal(err)
	}
	s.unused("blob:a")
}
