package torture

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestKills drives the server with many clients, kills it again and again at random
// instants, lets honest workers finish what is left, and checks everything that any
// client was ever told.
func TestKills(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	w := newWorld(t, s)
	s.start()
	choose := random(1)
	w.during(func(ctx context.Context) {
		for range *kills {
			pause(ctx, min(time.Duration(choose.ExpFloat64()*float64(700*time.Millisecond)), 3*time.Second))
			s.alive()
			s.kill()
			for choose.IntN(4) == 0 {
				s.flash(time.Duration(choose.IntN(300_000)) * time.Microsecond) // while it recovers
			}
			s.start()
		}
	})
}

// during lets clients do what they do while something happens, and judges the server
// by what they were told.
func (w *world) during(happens func(ctx context.Context)) {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var crowd sync.WaitGroup
	crowd.Go(func() { w.act(ctx) })
	defer crowd.Wait()
	defer stop()
	happens(ctx)
	stop()
	crowd.Wait()
	w.judge()
}

// judge lets everything come to its end and checks all promises.
func (w *world) judge() {
	w.t.Helper()
	w.subject.crash() // workers that were set aside by one server work again
	began := time.Now()
	stranded := w.drain()
	drained := time.Since(began)
	e := w.collect(stranded)
	w.report(e)
	w.t.Logf("drained in %.1fs, collected in %.1fs", drained.Seconds(), (time.Since(began) - drained).Seconds())
	w.check(e)
}

// check runs every check and tells what happened to what it finds.
func (w *world) check(e *evidence) {
	t := w.t
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		bad := checks[name](e)
		for _, v := range bad[:min(len(bad), 5)] {
			t.Errorf("%s: %s %s%s\n%s", name, v.id, v.says, e.story(v.id), w.subject.logged(cmp.Or(v.id, "none")))
		}
		if n := len(bad) - 5; n > 0 {
			t.Errorf("%s: and %d more", name, n)
		}
	}
}

// story is all that is known of a job or task.
func (e *evidence) story(id string) string {
	if id == "" {
		return ""
	}
	text := about(e.calls, id)
	if j := e.jobs[id]; j != nil {
		text += "\n    in the end " + j.String()
	}
	return text
}

// report tells how much was done, so that a run that did nothing is seen to be one.
func (w *world) report(e *evidence) {
	verbs, outcomes := map[verb]int{}, map[string]int{}
	lost := 0
	for _, c := range e.calls {
		if c.acknowledged() {
			verbs[c.Verb]++
		}
		if c.Status == 0 {
			lost++
		}
	}
	for _, j := range e.jobs {
		outcomes[j.Status]++
	}
	for _, t := range e.tasks {
		outcomes[t.Status]++
	}
	w.t.Logf("%d requests, %d without an answer; acknowledged: %v", len(e.calls), lost, verbs)
	w.t.Logf("%d jobs, %d tasks, %d documents, %d files quarantined, %d webhooks taken: %v", len(e.jobs), len(e.tasks), len(e.documents), len(e.corrupt), len(e.told), outcomes)
}
