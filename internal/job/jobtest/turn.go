package jobtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// turns is about whose jobs are claimed first.
func turns(t *testing.T, s Subject) {
	for name, c := range map[string]struct{ create, want string }{
		"of one owner by priority, then age": {"a1 a2+5 a3 a4+5 a5-1", "a2+5 a4+5 a1 a3 a5-1"},
		"one after the other":                {"a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"},
		"equal ones by name":                 {"b1 b2 a1 a2", "a1 b1 a2 b2"},
		"a priority does not cross":          {"a1 a2 b1+9 b2+9 b3+9", "a1 b1+9 a2 b2+9 b3+9"},
		"an administrator's crosses":         {"a1+9 b1 x1!2 x2!5 a2 y1!2", "x2!5 x1!2 y1!2 a1+9 b1 a2"},
		"backwards, too":                     {"x1!-1 a1-9 b1", "a1-9 b1 x1!-1"},
		"without one it takes its turn":      {"a1 a2 x1!0 x2!0", "a1 x1!0 a2 x2!0"},
	} {
		try(t, s, name, job.Policy{}, func(t *testing.T, b *bench) {
			for i, what := range strings.Fields(c.create) {
				b.createOf(what, i)
			}
			// One by one, each ended before the next, and all at once.
			var got []string
			for jobs := b.claimTypes("w1", 1, "audio", "video"); len(jobs) > 0; jobs = b.claimTypes("w1", 1, "audio", "video") {
				got = append(got, jobs[0].SourceName)
				b.update(jobs[0].ID, success(1, "text"))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("claimed %s, want %s", got, c.want)
			}
			for i, what := range strings.Fields(c.create) {
				b.createOf(what, 100+i)
			}
			all := b.claimTypes("w1", 100, "audio", "video")
			if len(all) != len(got) {
				t.Errorf("at once %d were claimed, want %d", len(all), len(got))
			}
			b.recount()
		})
	}
	try(t, s, "one claim goes round the owners", job.Policy{}, func(t *testing.T, b *bench) {
		for i, what := range strings.Fields("a1 a2 a3 b1 b2 b3 c1") {
			b.createOf(what, i)
		}
		if got := sources(b.claimTypes("w1", 5, "audio", "video")); got != "a1 b1 c1 a2 b2" {
			t.Errorf("claimed %s", got)
		}
	})
	try(t, s, "who has less in hand is first", job.Policy{}, func(t *testing.T, b *bench) {
		for i, what := range strings.Fields("long1 long2 short1 short2 short3") {
			b.createOf(what, i)
		}
		var got []string
		for range 5 {
			j := b.claimTypes("w1", 1, "audio", "video")[0]
			got = append(got, j.SourceName)
			if j.Owner == "short" {
				b.update(j.ID, success(1, "text"))
			}
		}
		if want := strings.Fields("long1 short1 short2 short3 long2"); !slices.Equal(got, want) {
			t.Errorf("claimed %s, want %s", got, want)
		}
	})
	try(t, s, "what a worker may not have is nobody's turn", job.Policy{}, func(t *testing.T, b *bench) {
		for i, what := range strings.Fields("a1 b1") {
			b.createOf(what, i)
		}
		b.update(numbered("j", 0), job.Change{Event: job.Reassign, Assignee: "w9"})
		for _, want := range []string{"b1", ""} {
			if got := sources(b.claimTypes("w1", 1, "audio", "video")); got != want {
				t.Errorf("claimed %q, want %q", got, want)
			}
		}
		if got := sources(b.claimTypes("w9", 1, "audio", "video")); got != "a1" {
			t.Errorf("whom it is for claimed %q", got)
		}
		// One that comes back is not counted as in hand any more.
		b.update(numbered("j", 0), job.Change{Event: job.Release})
		b.createOf("b2", 2)
		if got := sources(b.claimTypes("w1", 1, "audio", "video")); got != "a1" {
			t.Errorf("then claimed %q, want that of the owner who has nothing in hand", got)
		}
	})
	if s.Durable {
		try(t, s, "who holds what is known when a store is opened anew", job.Policy{}, func(t *testing.T, b *bench) {
			for i, what := range strings.Fields("a1 a2 b1 x1!1 x2!1") {
				b.createOf(what, i)
			}
			b.claimTypes("w1", 2, "audio", "video")
			if got := sources(b.claimTypes("w1", 1, "audio", "video")); got != "a1" {
				t.Fatalf("claimed %q", got)
			}
			b.reopen()
			if got := sources(b.claimTypes("w1", 2, "audio", "video")); got != "b1 a2" {
				t.Errorf("claimed %q, want first of the owner who has nothing in hand", got)
			}
		})
	}
	thousand := func(t *testing.T, stores []*bench) {
		one := stores[0]
		for i := range 1000 {
			s := spec(numbered("many", i))
			s.Owner, s.Priority = "many", 1_000_000
			one.create(s)
		}
		for i, b := range stores {
			held := b.claim("w1", time.Minute, 3)
			s := spec(fmt.Sprint("single-", i))
			s.Owner = "one"
			one.create(s)
			b.update(held[0].ID, success(1, "text"))
			b.take(s.ID, "w2", time.Minute)
		}
	}
	try(t, s, "one owner's thousand delay another's single one by one", job.Policy{}, func(t *testing.T, b *bench) {
		thousand(t, []*bench{b})
	})
	if s.Locked == nil {
		try(t, s, "at two stores, too", job.Policy{}, func(t *testing.T, b *bench) {
			other := &bench{t: t, place: b.place, policy: b.policy, store: b.another()}
			t.Cleanup(other.close)
			thousand(t, []*bench{b, other})
		})
	}
}

// createOf creates the ith job, of an owner, with a name that tells its priority (+5) or
// its precedence (!5).
func (b *bench) createOf(name string, i int) {
	b.t.Helper()
	s := spec(numbered("j", i))
	s.ContentType = []string{"audio", "video"}[i%2]
	s.SourceName, s.Owner = name, strings.TrimRight(name, "0123456789+-!")
	if at := strings.IndexAny(name, "+-!"); at > 0 {
		s.Owner = name[:1]
		crosses := name[at] == '!'
		if _, err := fmt.Sscanf(strings.TrimLeft(name[at:], "!+"), "%d", &s.Priority); err != nil {
			b.t.Fatal(err)
		}
		if crosses {
			s.Precedence = s.Priority
		}
	}
	b.create(s)
	b.pass(time.Second)
}

// sources are the names of the jobs' sources.
func sources(jobs []*job.Job) string {
	names := make([]string, len(jobs))
	for i, j := range jobs {
		names[i] = j.SourceName
	}
	return strings.Join(names, " ")
}
