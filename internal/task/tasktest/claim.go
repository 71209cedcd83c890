package tasktest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"morag/internal/task"
)

func claimTakesTheMostUrgentThenTheOldest(b *bench) {
	b.submit("old")
	b.submit("urgent, older", priority(2))
	b.submit("low", priority(-1))
	b.submit("young")
	b.submit("urgent, younger", priority(2))
	for _, want := range []string{"urgent, older", "urgent, younger", "old", "young", "low", ""} {
		if got := b.claim("r"); got != want {
			b.Errorf("claimed %q, want %q", got, want)
		}
	}
}

func claimWaitsForTheTime(b *bench) {
	now := b.clock.now()
	if _, ok, err := b.NextRun(b.Context()); ok || err != nil {
		b.Errorf("nothing is queued, yet there is a next run (%v)", err)
	}
	// Half a microsecond cannot be told by every store; it must not be taken early.
	b.submit("later", runAt(now.Add(time.Minute+500)))
	b.submit("latest", runAt(now.Add(time.Hour)), priority(9))
	if got := b.claim("r"); got != "" {
		b.Errorf("claimed %s before its time", got)
	}
	at, ok, err := b.NextRun(b.Context())
	if err != nil || !ok || at.Before(now.Add(time.Minute+500)) || at.After(now.Add(time.Minute+time.Microsecond)) {
		b.Errorf("the next run is at %v, %v (%v)", at, ok, err)
	}
	b.clock.advance(at.Sub(now))
	t, err := b.Claim(b.Context(), "r", 90*time.Second)
	if err != nil || t == nil {
		b.Fatalf("nothing claimed at its time (%v)", err)
	}
	if t.ID != "later" || t.Phase != task.Running || t.Status != task.Progress || t.Runner != "r" || t.Attempt != 1 ||
		!t.LeaseUntil.Equal(b.clock.now().Add(90*time.Second)) || !t.StartedAt.Equal(b.clock.now()) {
		b.Errorf("claimed %+v", t)
	}
	if diff := same(t, b.get("later")); diff != "" {
		b.Error(diff)
	}
	if at, ok, err := b.NextRun(b.Context()); err != nil || !ok || !at.Equal(now.Add(time.Hour)) {
		b.Errorf("the next run is at %v, %v (%v)", at, ok, err)
	}
}

func claimHandsEachTaskOutOnce(b *bench) {
	const runners, tasks = 16, 300
	var wg sync.WaitGroup
	for i := range tasks {
		wg.Go(func() { b.submit(fmt.Sprint(i)) })
	}
	wg.Wait()
	var mu sync.Mutex
	var handed []string
	for r := range runners {
		wg.Go(func() {
			for {
				t, err := b.Claim(b.Context(), fmt.Sprint(r), time.Minute)
				if err != nil || t == nil {
					if err != nil {
						b.Error(err)
					}
					return
				}
				mu.Lock()
				handed = append(handed, t.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(handed)
	if n := len(slices.Compact(slices.Clone(handed))); n != tasks || len(handed) != tasks {
		b.Errorf("%d tasks were handed out %d times, want %d once each", n, len(handed), tasks)
	}
}

func renewLengthensTheRunnersLeases(b *bench) {
	for _, id := range []string{"a", "b", "c"} {
		b.submit(id)
	}
	b.claim("r")
	b.claim("other")
	before := b.clock.now()
	b.clock.advance(30 * time.Second)
	if err := b.Renew(b.Context(), "r", time.Minute); err != nil {
		b.Fatal(err)
	}
	for id, want := range map[string]time.Time{
		"a": before.Add(90 * time.Second), "b": before.Add(time.Minute), "c": {},
	} {
		if t := b.get(id); !t.LeaseUntil.Equal(want) {
			b.Errorf("the lease of %s ends at %v, want %v", id, t.LeaseUntil, want)
		}
	}
	if t := b.get("a"); t.Revision != 2 {
		b.Errorf("renewing made revision %d", t.Revision)
	}
	if err := b.Renew(b.Context(), "r", time.Second); err != nil {
		b.Fatal(err)
	}
	t := b.update("a", func(t *task.Task) error { return t.Advance(1, task.Storing, "", nil) })
	if !t.LeaseUntil.Equal(before.Add(90 * time.Second)) {
		b.Errorf("a shorter lease, then a change, made it end at %v", t.LeaseUntil)
	}
}

func lostFindsTheDead(b *bench) {
	for _, id := range []string{"mine, dead", "theirs, dead", "mine", "theirs", "ended", "queued"} {
		b.submit(id)
	}
	b.claim("me")
	b.claim("them")
	b.clock.advance(time.Minute)
	b.claim("me")
	b.claim("them")
	b.claim("them")
	b.update("ended", func(t *task.Task) error { return t.Fail(1, "", b.clock.now()) })
	for all, want := range map[bool][]string{
		false: {"mine, dead", "theirs, dead"},
		true:  {"mine, dead", "theirs, dead", "theirs"},
	} {
		got, err := b.Lost(b.Context(), "me", all)
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			b.Errorf("lost (all %v): %q, want %q (%v)", all, got, want, err)
		}
	}
}
