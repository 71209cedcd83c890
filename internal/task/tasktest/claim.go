package tasktest

import (
	"errors"
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
	now := b.Now()
	// Half a microsecond cannot be told by every store; it must not be taken early.
	b.submit("later", runAt(now.Add(30*time.Second+500)))
	b.submit("latest", runAt(now.Add(task.LongestWait)), priority(9))
	if got := b.claim("r"); got != "" {
		b.Errorf("claimed %s before its time", got)
	}
	wait := b.nextRun()
	if wait < 30*time.Second+500 || wait > 30*time.Second+time.Microsecond {
		b.Errorf("the next run is in %v", wait)
	}
	b.Advance(wait)
	t, err := b.Claim(b.Context(), "r", 90*time.Second)
	if err != nil || t == nil {
		b.Fatalf("nothing claimed at its time (%v)", err)
	}
	if t.ID != "later" || t.Phase != task.Running || t.Status != task.Progress || t.Runner != "r" || t.Attempt != 1 ||
		!t.LeaseUntil.Equal(b.Now().Add(90*time.Second)) || !t.StartedAt.Equal(b.Now()) {
		b.Errorf("claimed %+v", t)
	}
	if diff := same(t, b.get("later")); diff != "" {
		b.Error(diff)
	}
}

func claimTakesWhatAClockKeepsWaiting(b *bench) {
	b.submit("as far as a rule sets it", runAt(b.Now().Add(task.LongestWait)), priority(9))
	if got := b.claim("r"); got != "" {
		b.Errorf("claimed %s before its time", got)
	}
	b.submit("farther", runAt(b.Now().Add(task.LongestWait+time.Microsecond)))
	if wait := b.nextRun(); wait != 0 {
		b.Errorf("the next run is in %v, want that one may run", wait)
	}
	if got := b.claim("r"); got != "farther" {
		b.Errorf("claimed %q, want the one that only a clock which was set back can keep waiting", got)
	}
}

func nextRunIsTheSoonest(b *bench) {
	if wait := b.nextRun(); wait != task.LongestLook {
		b.Errorf("nothing is queued, the next run is in %v, want %v", wait, task.LongestLook)
	}
	for _, c := range []struct {
		ahead, want time.Duration
	}{
		{task.LongestLook + time.Second, task.LongestLook}, {20 * time.Second, 20 * time.Second}, {30 * time.Second, 20 * time.Second},
		{time.Microsecond, time.Microsecond}, {0, 0}, {-time.Hour, 0},
	} {
		b.submit(fmt.Sprint("in ", c.ahead), runAt(b.Now().Add(c.ahead)))
		if wait := b.nextRun(); wait != c.want {
			b.Errorf("with one in %v the next run is in %v, want %v", c.ahead, wait, c.want)
		}
	}
}

func (b *bench) nextRun() time.Duration {
	b.Helper()
	wait, err := b.NextRun(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return wait
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

func (b *bench) renew(lease time.Duration, runs ...task.Run) []task.Run {
	b.Helper()
	lost, err := b.Renew(b.Context(), lease, runs)
	if err != nil {
		b.Fatal(err)
	}
	return lost
}

func renewLengthensLeases(b *bench) {
	for _, id := range []string{"a", "b", "c"} {
		b.submit(id)
	}
	b.claim("r")
	b.claim("r")
	before := b.Now()
	b.Advance(30 * time.Second)
	a := task.Run{TaskID: "a", Attempt: 1}
	if lost := b.renew(time.Minute, a); len(lost) > 0 {
		b.Errorf("lost %v", lost)
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
	b.renew(time.Second, a)
	t := b.update("a", func(t *task.Task, _ time.Time) error { return t.Advance(1, task.Storing, "", nil) })
	if !t.LeaseUntil.Equal(before.Add(90 * time.Second)) {
		b.Errorf("a shorter lease, then a change, made it end at %v", t.LeaseUntil)
	}
	if lost := b.renew(time.Minute); len(lost) > 0 {
		b.Errorf("nothing to renew, lost %v", lost)
	}
}

// A run is lost however its task came away from it, and the others go on.
func renewTellsWhatIsLost(b *bench) {
	for _, id := range []string{"goes on", "revoked", "ended", "put off", "taken", "parked"} {
		b.submit(id, remote("j"))
		b.claim("r")
	}
	b.submit("queued")
	b.update("revoked", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	b.update("ended", func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	b.update("put off", func(t *task.Task, now time.Time) error { return t.Postpone(1, "", now.Add(time.Hour)) })
	b.update("parked", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
	b.Advance(time.Minute)
	b.update("taken", func(t *task.Task, now time.Time) error { return t.Lose(now) })
	b.update("taken", func(t *task.Task, now time.Time) error { return t.Start("s", now, time.Minute) })

	first := func(id string) task.Run { return task.Run{TaskID: id, Attempt: 1, Done: 0.5, Message: "still here"} }
	want := []task.Run{first("revoked"), first("ended"), first("put off"), first("taken"), first("parked"), first("queued"), first("never there")}
	runs := append([]task.Run{{TaskID: "taken", Attempt: 2}, first("goes on")}, want...)
	if diff := same(want, b.renew(5*time.Minute, runs...)); diff != "" {
		b.Errorf("lost:\n%s", diff)
	}
	for id, left := range map[string]time.Duration{"goes on": 5 * time.Minute, "taken": 5 * time.Minute} {
		if t := b.get(id); !t.LeaseUntil.Equal(b.Now().Add(left)) {
			b.Errorf("the lease of %s ends at %v", id, t.LeaseUntil)
		}
	}
	if t := b.get("taken"); t.Message == "still here" {
		b.Error("a lost run told how far it is")
	}
}

func renewNotesProgress(b *bench) {
	b.submit("a")
	b.claim("r")
	before := b.get("a")
	b.renew(time.Minute, task.Run{TaskID: "a", Attempt: 1, Done: 0.5, Message: "half"})
	t := b.get("a")
	if t.Done != 0.5 || t.Message != "half" || t.Revision != before.Revision {
		b.Errorf("noted half: %v, %q, revision %d", t.Done, t.Message, t.Revision)
	}
	b.renew(time.Minute, task.Run{TaskID: "a", Attempt: 1})
	if t = b.get("a"); t.Done != 0.5 || t.Message != "half" {
		b.Errorf("a heartbeat without a message made it %v, %q", t.Done, t.Message)
	}
	t = b.update("a", func(t *task.Task, _ time.Time) error { return t.Advance(1, task.Storing, "storing", nil) })
	if got := b.get("a"); t.Done != 0 || t.Message != "storing" || got.Done != 0 || got.Message != "storing" {
		b.Errorf("in the next stage: %v, %q, then %v, %q", t.Done, t.Message, got.Done, got.Message)
	}
	b.renew(time.Minute, task.Run{TaskID: "a", Attempt: 1, Done: 0.75, Message: "most"})
	b.update("a", func(t *task.Task, now time.Time) error { return t.Postpone(1, "later", now) })
	if t = b.get("a"); t.Done != 0 || t.Message != "later" {
		b.Errorf("put off: %v, %q", t.Done, t.Message)
	}
}

func lostFindsTheDead(b *bench) {
	for _, id := range []string{"mine, dead", "theirs, dead", "mine", "theirs", "ended", "queued"} {
		b.submit(id)
	}
	b.claim("me")
	b.claim("them")
	b.Advance(time.Minute - time.Microsecond)
	if got, err := b.Lost(b.Context()); len(got) > 0 || err != nil {
		b.Errorf("before the lease ends: lost %q (%v)", got, err)
	}
	if _, err := b.Update(b.Context(), "mine, dead", func(t *task.Task, now time.Time) error { return t.Lose(now) }); !errors.Is(err, task.ErrConflict) {
		b.Errorf("a run that lives was taken: %v", err)
	}
	b.Advance(time.Microsecond)
	b.claim("me")
	b.claim("them")
	b.claim("them")
	b.update("ended", func(t *task.Task, now time.Time) error { return t.Fail(1, "", now) })
	got, err := b.Lost(b.Context())
	slices.Sort(got)
	if want := []string{"mine, dead", "theirs, dead"}; err != nil || !slices.Equal(got, want) {
		b.Errorf("lost %q, want %q (%v)", got, want, err)
	}
	for _, id := range got {
		b.update(id, func(t *task.Task, now time.Time) error { return t.Lose(now) })
	}
	if got, err := b.Lost(b.Context()); len(got) > 0 || err != nil {
		b.Errorf("taken, yet lost: %q (%v)", got, err)
	}
}

// A clock that is set back keeps no dead run until it has come as far again, and takes
// nothing from a run that lives.
func leasesFarAheadHaveEnded(b *bench) {
	for _, id := range []string{"as far as a lease reaches", "farther", "renewed"} {
		b.submit(id)
		b.claim("r")
	}
	for id, ahead := range map[string]time.Duration{
		"as far as a lease reaches": task.LongestLease, "farther": task.LongestLease + time.Microsecond, "renewed": 24 * time.Hour,
	} {
		b.update(id, func(t *task.Task, now time.Time) error { t.Revision++; t.LeaseUntil = now.Add(ahead); return nil })
	}
	b.renew(time.Minute, task.Run{TaskID: "renewed", Attempt: 1})
	if got, err := b.Lost(b.Context()); err != nil || !slices.Equal(got, []string{"farther"}) {
		b.Errorf("lost %q (%v)", got, err)
	}
	b.update("farther", func(t *task.Task, now time.Time) error { return t.Lose(now) })
	if t := b.get("renewed"); !t.LeaseUntil.Equal(b.Now().Add(time.Minute)) {
		b.Errorf("renewed until %v", t.LeaseUntil)
	}
}

func forsakeEndsTheLeasesOfOneRunner(b *bench) {
	for _, id := range []string{"a", "b", "c"} {
		b.submit(id)
	}
	b.claim("dead")
	b.claim("lives")
	b.claim("dead")
	if err := b.Forsake(b.Context(), "dead"); err != nil {
		b.Fatal(err)
	}
	got, err := b.Lost(b.Context())
	slices.Sort(got)
	if want := []string{"a", "c"}; err != nil || !slices.Equal(got, want) {
		b.Errorf("lost %q, want %q (%v)", got, want, err)
	}
	if t := b.get("a"); t.Revision != 2 {
		b.Errorf("revision %d", t.Revision)
	}
}
