package tasktest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"morag/internal/task"
)

// Two stores at one place: what is promised of one holds for both together, as it has to
// when several servers share a database.

// beside is another store beside the bench's own.
func (b *bench) beside() *bench {
	b.Helper()
	return &bench{T: b.T, Store: b.Place.Open(b.T), Place: b.Place}
}

func twoSeeEachOther(b *bench) {
	other := b.beside()
	first, second := b.submit("a"), other.submit("b")
	if second.Submitted <= first.Submitted {
		b.Errorf("numbers %d and then %d", first.Submitted, second.Submitted)
	}
	if err := other.Create(b.Context(), &task.Task{ID: "a", Phase: task.Queued, Status: task.Pending}); !errors.Is(err, task.ErrExists) {
		b.Errorf("the same id at the other store: %v", err)
	}
	if got := other.claim("r"); got != "a" {
		b.Errorf("the other store claimed %q", got)
	}
	if diff := same(other.get("a"), b.get("a")); diff != "" {
		b.Error(diff)
	}
	b.renew(5*time.Minute, task.Run{TaskID: "a", Attempt: 1, Done: 0.5, Message: "half"})
	if t := other.get("a"); t.Done != 0.5 || !t.LeaseUntil.Equal(b.Now().Add(5*time.Minute)) {
		b.Errorf("at the other store it is %v done, leased until %v", t.Done, t.LeaseUntil)
	}
	if list, _, err := other.List(b.Context(), task.Filter{}); err != nil || ids(list) != "b a" {
		b.Errorf("the other store lists %s (%v)", ids(list), err)
	}
}

// A task that is called off, ended or taken at one store is lost to its run at the other.
func twoFenceEachOther(b *bench) {
	other := b.beside()
	for _, id := range []string{"revoked", "taken"} {
		b.submit(id)
		b.claim("r")
	}
	other.update("revoked", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	if err := other.Forsake(b.Context(), "r"); err != nil {
		b.Fatal(err)
	}
	lost, err := other.Lost(b.Context())
	if err != nil || len(lost) != 1 || lost[0] != "taken" {
		b.Fatalf("lost %v (%v)", lost, err)
	}
	other.update("taken", func(t *task.Task, now time.Time) error { return t.Lose(now) })
	if got := other.claim("s"); got != "taken" {
		b.Fatalf("claimed %q", got)
	}
	want := []task.Run{{TaskID: "revoked", Attempt: 1}, {TaskID: "taken", Attempt: 1}}
	if diff := same(want, b.renew(time.Minute, want...)); diff != "" {
		b.Errorf("lost:\n%s", diff)
	}
	for _, id := range []string{"revoked", "taken"} {
		if _, err := b.Update(b.Context(), id, func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) }); !errors.Is(err, task.ErrLost) {
			b.Errorf("a run that has lost %s ended it: %v", id, err)
		}
	}
}

func twoHandEachTaskOutOnce(b *bench) {
	const tasks = 60
	stores := []*bench{b, b.beside()}
	for i := range tasks {
		stores[i%2].submit(fmt.Sprint(i), webhook(fmt.Sprintf("https://host%d", i)))
	}
	var mu sync.Mutex
	runs, told := map[string]int{}, map[string]int{}
	var wg sync.WaitGroup
	for i := range 8 {
		s := stores[i%2]
		wg.Go(func() {
			for {
				t, err := s.Claim(s.Context(), fmt.Sprint(i), time.Minute)
				if err != nil {
					s.Error(err)
				}
				if t == nil {
					return
				}
				if _, err := s.Update(s.Context(), t.ID, func(t *task.Task, now time.Time) error { return t.Finish(t.Attempt, nil, now) }); err != nil {
					s.Error(err)
				}
				due, _, err := s.ClaimNotices(s.Context(), "d", task.Busy{}, 3, time.Minute)
				if err != nil {
					s.Error(err)
				}
				mu.Lock()
				runs[t.ID]++
				for _, d := range due {
					told[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for what, counts := range map[string]map[string]int{"runs": runs, "notices": told} {
		if len(counts) != tasks {
			b.Errorf("%s of %d tasks were handed out, want %d", what, len(counts), tasks)
		}
		for id, n := range counts {
			if n != 1 {
				b.Errorf("%s of task %s were handed out %d times", what, id, n)
			}
		}
	}
}

func twoLoseNoUpdate(b *bench) {
	const each = 30
	stores := []*bench{b, b.beside()}
	b.submit("a")
	var wg sync.WaitGroup
	for i := range 4 {
		s := stores[i%2]
		wg.Go(func() {
			for range each {
				if _, err := s.Update(s.Context(), "a", func(t *task.Task, _ time.Time) error {
					t.Revision++
					t.Warnings = append(t.Warnings, "one")
					return nil
				}); err != nil {
					s.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if t := b.get("a"); len(t.Warnings) != 4*each || t.Revision != 4*each+1 {
		b.Errorf("%d of %d updates are there, revision %d", len(t.Warnings), 4*each, t.Revision)
	}
}

// The last items of a batch end at both stores at once: it is ripe, and woken once.
func twoEndABatchOnce(b *bench) {
	stores := []*bench{b, b.beside()}
	b.submit("whole", items("0", "1"))
	for i := range 2 {
		b.submit(fmt.Sprint(i), batch("whole"))
	}
	for range 3 {
		b.claim("r")
	}
	b.update("whole", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
	var mu sync.Mutex
	woken := 0
	var wg sync.WaitGroup
	for i, s := range stores {
		wg.Go(func() {
			if _, err := s.Update(s.Context(), fmt.Sprint(i), func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) }); err != nil {
				s.Error(err)
			}
			ripe, err := s.Ripe(s.Context(), 9)
			if err != nil {
				s.Error(err)
			}
			for _, id := range ripe {
				_, err := s.Update(s.Context(), id, func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
				if err != nil && !errors.Is(err, task.ErrConflict) {
					s.Error(err)
				}
				if err == nil {
					mu.Lock()
					woken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if t := b.get("whole"); woken != 1 || t.Phase != task.Queued {
		b.Errorf("woken %d times, the batch is %s", woken, t.Phase)
	}
}
