package tasktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"morag/internal/task"
)

const noticeLease = time.Minute

// notices claims what is due and returns the ids, and checks that it is returned as it is.
func (b *bench) notices(n int, busy ...string) (due string, wait time.Duration) {
	b.Helper()
	tasks, wait, err := b.ClaimNotices(b.Context(), "d", task.Busy{Receivers: busy}, n, noticeLease)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tasks {
		if diff := same(b.get(t.ID), t); diff != "" {
			b.Errorf("task %s:\n%s", t.ID, diff)
		}
		if until := t.Pending().HeldUntil; !until.Equal(b.Now().Add(noticeLease)) {
			b.Errorf("task %s: the notice is held until %v", t.ID, until)
		}
	}
	return ids(tasks), wait
}

// ended stores a task that is over and whose webhook is to be told at that time.
func (b *bench) ended(id, url string, at time.Time, change ...func(*task.Task)) {
	b.Helper()
	b.submit(id, append(change, webhook(url))...)
	b.update(id, func(t *task.Task, now time.Time) error {
		err := t.Revoke(now)
		t.Notices[0].NextAt = at
		return err
	})
}

func (b *bench) tried(id string, failure string) {
	b.Helper()
	b.update(id, func(t *task.Task, now time.Time) error {
		n := t.Pending()
		return t.Tried(n.Seq, n.Round, task.Try{At: now, Error: failure}, task.Wish{}, now)
	})
}

func noticesComeWithTheEnd(b *bench) {
	b.submit("told", webhook("https://example.com/hook"))
	b.submit("nobody to tell")
	b.submit("under way", webhook("https://example.com/hook"))
	for range 3 {
		b.claim("r")
	}
	if due, wait := b.notices(9); due != "" || wait != task.LongestLook {
		b.Errorf("nothing has ended, due is %q, next in %v", due, wait)
	}
	for _, id := range []string{"told", "nobody to tell"} {
		b.update(id, func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	}
	if due, _ := b.notices(9); due != "told" {
		b.Errorf("due is %q; want the task that ended and has a webhook", due)
	}
	b.tried("told", "no answer")
	due, wait := b.notices(9)
	if due != "" || wait < 4*time.Second || wait > 6*time.Second {
		b.Errorf("after a try due is %q, next in %v; want nothing and 5 s", due, wait)
	}
	b.Advance(wait)
	if due, _ := b.notices(9); due != "told" {
		b.Errorf("when its time has come due is %q", due)
	}
	b.tried("told", "")
	if due, wait := b.notices(9); due != "" || wait != task.LongestLook {
		b.Errorf("delivered, yet due is %q, next in %v", due, wait)
	}
}

// A notice in hand is nobody else's until the lease ends, whatever else happens to its
// task; one that is given back is due at once.
func noticesAreClaimedByLease(b *bench) {
	b.ended("a", "https://a", b.Now())
	if due, wait := b.notices(9); due != "a" || wait != noticeLease {
		b.Errorf("claimed %q, next in %v", due, wait)
	}
	b.update("a", func(t *task.Task, _ time.Time) error { t.Revision++; t.Message = "changed"; return nil })
	b.Advance(noticeLease - time.Microsecond)
	if due, wait := b.notices(9); due != "" || wait != time.Microsecond {
		b.Errorf("in hand, yet claimed %q, next in %v", due, wait)
	}
	b.Advance(time.Microsecond)
	if due, _ := b.notices(9); due != "a" {
		b.Errorf("after the lease claimed %q", due)
	}
	b.update("a", func(t *task.Task, _ time.Time) error { t.ReturnNotice(2); return nil })
	if due, _ := b.notices(9); due != "" {
		b.Errorf("another notice was given back, claimed %q", due)
	}
	b.update("a", func(t *task.Task, _ time.Time) error { t.ReturnNotice(1); return nil })
	if due, _ := b.notices(9); due != "a" {
		b.Errorf("given back, claimed %q", due)
	}
	_, err := b.Update(b.Context(), "a", func(t *task.Task, now time.Time) error { return t.TakeNotice("d", now, time.Hour) })
	if !errors.Is(err, task.ErrConflict) {
		b.Errorf("taken while it is in hand: %v", err)
	}
}

// The notices of a dead deliverer are due at once, those of others are not.
func forsakeNoticesOfOneDeliverer(b *bench) {
	for i, deliverer := range []string{"dead", "lives", "dead", "dead"} {
		b.ended(fmt.Sprint(i), fmt.Sprintf("https://host%d", i), b.Now())
		if due, _, err := b.ClaimNotices(b.Context(), deliverer, task.Busy{}, 9, noticeLease); err != nil || ids(due) != fmt.Sprint(i) || due[0].Pending().HeldBy != deliverer {
			b.Fatalf("%s claimed %q (%v)", deliverer, ids(due), err)
		}
	}
	b.tried("3", "no answer")
	woken := b.Wake(b.Context(), task.HintNotice)
	if err := b.ForsakeNotices(b.Context(), "dead"); err != nil {
		b.Fatal(err)
	}
	select {
	case <-woken:
	default:
		b.Error("nobody is told")
	}
	for _, want := range []string{"0", "2"} {
		if due, _ := b.notices(9); due != want {
			b.Errorf("due is %q, want %q, which the dead one had in hand", due, want)
		}
	}
	if err := b.ForsakeNotices(b.Context(), "nobody"); err != nil {
		b.Fatal(err)
	}
	if due, _ := b.notices(9); due != "" {
		b.Errorf("due is %q, want nothing", due)
	}
}

func noticesAreClaimedOnce(b *bench) {
	const deliverers, tasks = 8, 60
	for i := range tasks {
		b.ended(fmt.Sprint(i), fmt.Sprintf("https://host%d", i), b.Now())
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	claimed := map[string]int{}
	for range deliverers {
		wg.Go(func() {
			for {
				due, _, err := b.ClaimNotices(b.Context(), "d", task.Busy{}, 7, noticeLease)
				if err != nil {
					b.Error(err)
				}
				if len(due) == 0 {
					return
				}
				mu.Lock()
				for _, t := range due {
					claimed[t.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range claimed {
		if n != 1 {
			b.Errorf("task %s was claimed %d times", id, n)
		}
	}
	if len(claimed) != tasks {
		b.Errorf("%d of %d were claimed", len(claimed), tasks)
	}
}

func noticesAreDueInTheirOrder(b *bench) {
	now := b.Now()
	for i, ahead := range []time.Duration{-time.Minute, 0, -time.Hour, time.Minute, -time.Minute, time.Second} {
		b.ended(fmt.Sprint(i), fmt.Sprintf("https://host%d", i), now.Add(ahead))
	}
	for _, c := range []struct {
		n    int
		want string
	}{{1, "2"}, {2, "0"}, {9, "4"}, {9, "1"}, {9, ""}} {
		due, wait := b.notices(c.n)
		if due != c.want || wait != time.Second {
			b.Errorf("of %d due is %q, want %q; next in %v", c.n, due, c.want, wait)
		}
	}
}

// A receiver that is asked once is not asked again in the same claim, under whatever name
// and port: who claims can count what it has in hand.
func noticesOfBusyReceiversAreLeftOut(b *bench) {
	for i, url := range []string{"https://a/1", "http://A:80/2", "https://a:8443", "https://b/?c#d", "https://user@c/", "::", "", "https://b/2", "https://d/"} {
		b.ended(fmt.Sprint(i), url, b.Now(), owner(fmt.Sprint("owner ", i)))
	}
	b.update("8", func(t *task.Task, _ time.Time) error { t.Revision++; t.ReceiverAddress = "c"; return nil })
	for busy, claims := range map[string][]string{
		"": {"0 3 4 5", "1 6 7 8", "2", ""}, "a": {"3 4 5", "6 7 8"}, "a b d": {"4 5", "6 8"}, "nobody a:8443 b c": {"0 5", "1 6", "2", ""},
	} {
		for _, want := range claims {
			due, _ := b.notices(9, strings.Fields(busy)...)
			if got := strings.Fields(due); !slices.Equal(slices.Sorted(slices.Values(got)), strings.Fields(want)) {
				b.Errorf("while %q are busy claimed %q, want %q", busy, due, want)
			}
		}
		for i := range 9 {
			b.update(fmt.Sprint(i), func(t *task.Task, _ time.Time) error { t.ReturnNotice(1); return nil })
		}
	}
	if due, _ := b.notices(9, "", "a", "b", "c"); due != "" {
		b.Errorf("while all are busy claimed %q", due)
	}
}

// Owners take turns: of one owner's hundred and another's single notice, at one receiver,
// the single one is told next, and no claim has two of one owner.
func ownersTakeTurnsAtNotices(b *bench) {
	for i := range 100 {
		b.ended(fmt.Sprint("many", i), "https://one", b.Now().Add(-time.Hour), owner("many"))
	}
	b.ended("other", "https://other", b.Now().Add(-time.Hour), owner("many"))
	if due, _ := b.notices(9); due != "many0" {
		b.Fatalf("claimed %q", due)
	}
	b.ended("single", "https://one", b.Now(), owner("one"))
	b.ended("single, too", "https://other", b.Now(), owner("two"))
	if due, _ := b.notices(1); due != "single" {
		b.Errorf("claimed %q, want the single one", due)
	}
	if due, _ := b.notices(9); due != "single, too many1" {
		b.Errorf("claimed %q, want what each owner has", due)
	}
	tasks, _, err := b.ClaimNotices(b.Context(), "d", task.Busy{Owners: []string{"many"}}, 9, noticeLease)
	if err != nil || len(tasks) != 0 {
		b.Errorf("of a busy owner claimed %q (%v)", ids(tasks), err)
	}
}

// A clock that is set back must not keep a receiver waiting until it has come as far
// again.
func noticesFarAheadAreDue(b *bench) {
	now := b.Now()
	b.ended("far", "https://far", now.Add(task.LongestNoticeWait+time.Microsecond), owner("owner 2"))
	b.ended("soon", "https://soon", now.Add(task.LongestNoticeWait))
	b.ended("past", "https://past", now.Add(-time.Second), owner("owner 1"))
	b.ended("farther", "https://farther", now.Add(24*365*time.Hour), owner("owner 3"))
	if due, _ := b.notices(9, "past", "far", "farther"); due != "" {
		b.Errorf("of busy hosts due is %q", due)
	}
	if due, _ := b.notices(9); due != "past far farther" {
		b.Errorf("due is %q", due)
	}
}
