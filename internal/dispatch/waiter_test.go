package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
)

func TestWaitersStandInLine(t *testing.T) {
	t.Parallel()
	l := newWaiters()
	join := func(ctx context.Context, id string, mayWork bool, types ...string) *waiter {
		return l.join(ctx, &Poll{WorkerID: id, Types: types}, mayWork)
	}
	gone, leave := context.WithCancel(t.Context())
	a := join(gone, "a", true, "audio")
	b := join(t.Context(), "b", true, "audio", "video")
	c := join(t.Context(), "c", true, "audio")
	barred := join(t.Context(), "d", false, "audio", "web")
	pick := func(want *waiter, contentType, only string, tried ...string) {
		t.Helper()
		if got := l.pick(contentType, only, tried); got != want {
			t.Fatalf("picked %+v, want %+v", got, want)
		}
	}
	leave() // a has gone, and has not left the line yet
	pick(b, "audio", "")
	pick(c, "audio", "") // a claim is under way for b
	pick(nil, "audio", "")
	pick(nil, "video", "")
	l.endClaim(b, nil)
	pick(b, "video", "")
	l.endClaim(b, nil)
	pick(nil, "audio", "", "b")
	pick(nil, "audio", "c")
	l.endClaim(c, nil)
	pick(c, "audio", "c")
	l.endClaim(c, []*job.Job{{ID: "j"}})
	if got := <-c.got; len(got) != 1 || !l.leave(a) {
		t.Fatal("a claim for c was not answered, or a was claiming")
	}
	pick(nil, "web", "")
	if got := l.excluded(); !slices.Equal(got, []string{"d"}) {
		t.Errorf("excluded are %v", got)
	}
	if types := l.admit("d"); !slices.Equal(types, []string{"audio", "web"}) || len(l.excluded()) != 0 {
		t.Errorf("admitted for %v", types)
	}
	if types := l.admit("d"); types != nil {
		t.Errorf("admitted twice, for %v", types)
	}
	pick(barred, "web", "")
	l.bar(barred)
	pick(nil, "web", "")
	l.admit("d")
	pick(barred, "audio", "d")
	if l.leave(barred) {
		t.Error("it may leave without the answer of its claim")
	}
	l.bar(barred) // found to be barred after it has left
	if got := <-barred.got; got != nil {
		t.Errorf("got %v", got)
	}
	if len(l.excluded()) != 0 || !l.leave(b) {
		t.Error("who has left is excluded, or b was claiming")
	}
	l.leave(c)
	if len(l.lines) != 0 {
		t.Errorf("%d lines are left of nobody", len(l.lines))
	}
}

func TestSightingsAddUp(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newSightings(func() time.Time { return now })
	l.see("k", "a", []string{"audio"}, "1")
	now = now.Add(time.Second)
	l.done("a")
	l.done("a")
	l.see("k", "b", nil, "")
	now = now.Add(time.Second)
	l.see("k", "a", nil, "2")
	now = now.Add(3 * time.Second)
	all := l.take()
	slices.SortFunc(all, func(a, b fleet.Sighting) int { return cmp.Compare(a.ID, b.ID) })
	if len(all) != 2 || all[1].ID != "b" || all[1].Ago != 4*time.Second || all[1].Done != 0 || all[1].New {
		t.Fatalf("took %+v", all)
	}
	if all[0].ID != "a" || all[0].New || all[0].Ago != 3*time.Second || all[0].Done != 2 || all[0].Version != "2" || !slices.Equal(all[0].Types, []string{"audio"}) {
		t.Errorf("took %+v", all)
	}
	if len(l.take()) != 0 {
		t.Error("took a twice")
	}
	l.meet("n", []string{"web"}, "1")
	l.see("k", "n", nil, "")
	if all := l.take(); len(all) != 1 || !all[0].New || !slices.Equal(all[0].Types, []string{"web"}) {
		t.Errorf("a new one is %+v", all)
	}
	l.see("k", "c", nil, "")
	now = now.Add(-time.Hour) // the clock is set back
	if all := l.take(); all[0].Ago != 0 {
		t.Errorf("seen in the future: %+v", all)
	}
}

// TestOutcomes is the table of what a step of a job says of its worker.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	step := func(e job.Event, to job.Status) job.Entry { return job.Entry{Reason: string(e), To: to, WorkerID: "w"} }
	tries := func(n, most int) *job.Job { return &job.Job{RetryCount: n, MaxRetries: most} }
	for _, c := range []struct {
		j    *job.Job
		step job.Entry
		want fleet.Outcome
		ok   bool
	}{
		{tries(0, 3), step(job.Succeed, job.Completed), fleet.Succeeded, true},
		{tries(1, 3), step(job.Fail, job.Pending), fleet.Failed, true},
		{tries(3, 3), step(job.Fail, job.Failed), fleet.Failed, true},
		{tries(2, 3), step(job.Fail, job.Failed), fleet.Refused, true},
		{tries(0, 0), step(job.Fail, job.Failed), fleet.Refused, true},
		{tries(0, 3), step(job.Unconfirmed, job.Pending), fleet.Unheard, true},
		{tries(0, 3), step(job.Claim, job.Processing), 0, false},
		{tries(0, 3), step(job.LoseLease, job.Pending), 0, false},
		{tries(0, 3), step(job.Release, job.Pending), 0, false},
		{tries(0, 3), step(job.Cancel, job.Cancelled), 0, false},
		{tries(0, 3), job.Entry{Reason: string(job.Succeed), To: job.Completed}, 0, false},
	} {
		if got, ok := outcomeOf(c.j, c.step); got != c.want || ok != c.ok {
			t.Errorf("%+v of %+v: %v, %v; want %v, %v", c.step, c.j, got, ok, c.want, c.ok)
		}
	}
}

// TestOneKeysSightingsLeaveRoom: however many workers one key names, those of others are
// noted.
func TestOneKeysSightingsLeaveRoom(t *testing.T) {
	t.Parallel()
	l := newSightings(time.Now)
	for i := range 2 * maxSightings {
		l.see("greedy", fmt.Sprint("greedy-", i), nil, "")
	}
	for i := range maxSightings / 4 {
		l.see("other", fmt.Sprint("other-", i), nil, "")
	}
	seen := map[string]int{}
	for _, s := range l.take() {
		key, _, _ := strings.Cut(s.ID, "-")
		seen[key]++
	}
	if seen["greedy"] != maxSightings/2 || seen["other"] != maxSightings/4 {
		t.Errorf("seen were %v, want half of all and all of the other's", seen)
	}
	for i := range 2 * maxSightings {
		l.see("", fmt.Sprint(i), nil, "")
	}
	if n := len(l.take()); n != maxSightings {
		t.Errorf("%d without a key, want %d", n, maxSightings)
	}
}
