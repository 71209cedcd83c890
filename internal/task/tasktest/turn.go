package tasktest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"morag/internal/task"
)

func precedence(n int) func(*task.Task) {
	return func(t *task.Task) { t.Precedence, t.Options.Priority = n, n }
}

// A priority orders an owner's own tasks; only a precedence, which an administrator's has,
// goes before others'. What is claimed is ended before the next claim.
func ownersTakeTurns(b *bench) {
	for name, c := range map[string]struct{ submit, want string }{
		"of one owner by priority, then age": {"a1 a2+5 a3 a4+5 a5-1", "a2+5 a4+5 a1 a3 a5-1"},
		"one after the other":                {"a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"},
		"equal ones by name":                 {"b1 b2 a1 a2", "a1 b1 a2 b2"},
		"a priority does not cross":          {"a1 a2 b1+9 b2+9 b3+9", "a1 b1+9 a2 b2+9 b3+9"},
		"an administrator's crosses":         {"a1+9 b1 x1!2 x2!5 a2 y1!2", "x2!5 x1!2 y1!2 a1+9 b1 a2"},
		"backwards, too":                     {"x1!-1 a1-9 b1", "a1-9 b1 x1!-1"},
		"without one it takes its turn":      {"a1 a2 x1!0 x2!0", "a1 x1!0 a2 x2!0"},
	} {
		for what := range strings.FieldsSeq(c.submit) {
			var n int
			of := owner(name + what[:1])
			switch {
			case strings.Contains(what, "!"):
				fmt.Sscanf(what[3:], "%d", &n)
				b.submit(name+what, of, precedence(n))
			default:
				fmt.Sscanf(what[2:], "%d", &n)
				b.submit(name+what, of, priority(n))
			}
		}
		var got []string
		for id := b.claim("r"); id != ""; id = b.claim("r") {
			got = append(got, strings.TrimPrefix(id, name))
			b.update(id, func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
		}
		if strings.Join(got, " ") != c.want {
			b.Errorf("%s: claimed %s, want %s", name, got, c.want)
		}
	}
}

// Who has something in hand that lasts long waits while another's go by.
func whoHasLessInHandIsClaimedFirst(b *bench) {
	for i := range 3 {
		b.submit(fmt.Sprint("long", i), owner("long"))
		b.submit(fmt.Sprint("short", i), owner("short"))
	}
	var got []string
	for range 6 {
		id := b.claim("r")
		got = append(got, id)
		if strings.HasPrefix(id, "short") {
			b.update(id, func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
		}
	}
	if want := strings.Fields("long0 short0 short1 short2 long1 long2"); !slices.Equal(got, want) {
		b.Errorf("claimed %s, want %s", got, want)
	}
}

// At two servers that run an owner's thousand, another's single task is the next that is
// claimed, at whichever of them a run ends.
func oneOwnersThousandDelayAnothersSingleByOne(b *bench) {
	stores := []*bench{b, b.beside()}
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() { b.submit(fmt.Sprint(i), owner("many"), priority(1_000_000)) })
	}
	wg.Wait()
	for round, s := range stores {
		running := []string{b.claim("one server"), s.claim("another")}
		b.submit(fmt.Sprint("single ", round), owner("one"))
		s.update(running[round], func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
		if got := s.claim("whoever is free"); got != fmt.Sprint("single ", round) {
			b.Errorf("claimed %q, want the single task", got)
		}
	}
}

// What is put off or waits for a worker stands in nobody's way.
func whatMayNotRunHasNoTurn(b *bench) {
	b.submit("put off", owner("a"), runAt(b.Now().Add(time.Minute)))
	b.submit("waits", owner("b"), remote("job"), precedence(1))
	b.submit("ready", owner("c"))
	if got := b.claim("r"); got != "waits" {
		b.Fatalf("claimed %q", got)
	}
	b.update("waits", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
	for _, want := range []string{"ready", ""} {
		if got := b.claim("r"); got != want {
			b.Errorf("claimed %q, want %q", got, want)
		}
	}
	b.update("waits", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
	b.Advance(time.Minute)
	for _, want := range []string{"waits", "put off", ""} {
		if got := b.claim("r"); got != want {
			b.Errorf("a minute later claimed %q, want %q", got, want)
		}
	}
}
